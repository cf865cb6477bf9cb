//! Whole orders by hand: five services and an event log that lead from one to the next by events, without gRPC, Protobuf, tracing or a saga.
//!
//! Nine effects and ten events an order. Each service has a SQLite file, one writer that commits all that waits together, and one consumer
//! for each log that it reads, told apart from repeats by position.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use async_nats::jetstream::Message;
use bytes::Bytes;
use contracts::inventory::v1::{StockDeducted, StockReserved};
use contracts::notifications::v1::NotificationSent;
use contracts::orders::v1::{OrderConfirmed, OrderPlaced};
use contracts::payments::v1::PaymentCompleted;
use contracts::shipping::v1::ShipmentCreated;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use testkit::NatsServer;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::intake::{Acks, Event, Intake};
use super::outgoing::{FollowOn, Relay, STATUS, Sort};
use super::sqlite::{Tables, Waiting};
use super::{acknowledge, steps};
use crate::input;
use crate::meter::Meter;
use crate::node::{Ground, TABLES};
use crate::orders::{Confirmed, PATIENCE, all_through};
use crate::spec::{Measured, Spec};

static PLACED: Sort = Sort::of::<OrderPlaced>("orders", "EVENTS_ORDER");
static CONFIRMED: Sort = Sort::of::<OrderConfirmed>("orders", "EVENTS_ORDER");
static RESERVED: Sort = Sort::of::<StockReserved>("inventory", "EVENTS_INVENTORY");
static DEDUCTED: Sort = Sort::of::<StockDeducted>("inventory", "EVENTS_INVENTORY");
static PAID: Sort = Sort::of::<PaymentCompleted>("payments", "EVENTS_PAYMENT");
static SHIPPED: Sort = Sort::of::<ShipmentCreated>("shipping", "EVENTS_SHIPMENT");
static SENT: Sort = Sort::of::<NotificationSent>("notifications", "EVENTS_NOTIFICATION");

/// What a service does when it reads an event: an effect, and what it emits.
type Rule = (&'static Sort, &'static [&'static Sort]);

/// Services with their rules, and how many effects of theirs an order has.
static SERVICES: &[(&str, &[Rule], u64)] = &[
    ("orders", &[(&RESERVED, &[&STATUS]), (&PAID, &[&STATUS]), (&SHIPPED, &[&CONFIRMED, &STATUS])], 4),
    ("inventory", &[(&PLACED, &[&RESERVED]), (&CONFIRMED, &[&DEDUCTED])], 2),
    ("payments", &[(&RESERVED, &[&PAID])], 1),
    ("shipping", &[(&PAID, &[&SHIPPED])], 1),
    ("notifications", &[(&CONFIRMED, &[&SENT])], 1),
    (
        LOG,
        &[
            (&PLACED, &[]),
            (&STATUS, &[]),
            (&CONFIRMED, &[]),
            (&RESERVED, &[]),
            (&DEDUCTED, &[]),
            (&PAID, &[]),
            (&SHIPPED, &[]),
            (&SENT, &[]),
        ],
        0,
    ),
];

/// What follows from a call.
static PLACES: &[&Sort] = &[&PLACED];
/// It keeps what it reads, and nothing else.
const LOG: &str = "events";
/// Events of one order.
const EVENTS: u64 = 10;
/// As long as those of the shop are, about.
static PAYLOAD: [u8; 200] = [7; 200];

/// What a service is asked for.
enum Input {
    Place(String, oneshot::Sender<()>),
    /// With the first sort of the log that it is from.
    Read(&'static Sort, Box<Message>),
}

/// `spec.events` orders with `spec.load` of them under way, from asked for to confirmed.
pub(crate) async fn pipeline(spec: &Spec) -> Result<Measured> {
    let nats = NatsServer::start().await;
    let ground = Ground::of(spec).await?;
    let context = super::context(&Spec { nats: nats.url(), ..spec.clone() }).await?;
    for log in [&PLACED, &RESERVED, &PAID, &SHIPPED, &SENT] {
        input::empty_stream(&context, &nats.url(), log.stream).await?;
    }
    let mut tasks = JoinSet::new();
    let mut place = None;
    for &(service, rules, _) in SERVICES {
        let (sender, inputs) = mpsc::channel(1_024);
        let mut logs: HashMap<&str, Vec<&'static Sort>> = HashMap::new();
        for (read, _) in rules {
            logs.entry(read.stream).or_default().push(read);
        }
        for (stream, sorts) in logs {
            let types: Vec<&str> = sorts.iter().map(|sort| sort.type_).collect();
            let intake = Intake::of(&context, stream, service, &types, spec.batch, Acks::All).await?;
            tasks.spawn(read(intake, sorts[0], spec.batch, sender.clone()));
        }
        ground.prepare(service).await?;
        let tables = Tables::connect(&ground.file(service)?).await?;
        let (rows, publish) = mpsc::channel(4);
        tasks.spawn(Relay::new(context.clone()).run(publish, None, false));
        tasks.spawn(Service { name: service, rules, logs: HashMap::new() }.serve(tables, inputs, rows));
        place.get_or_insert(sender);
    }
    let place = place.context("no service")?;
    let confirmed = Confirmed::watch(&nats.url()).await?;
    // A few one after the other before anything is measured.
    let warm_up = super::PRODUCTS;
    let meter = Meter::default();
    let orders = async {
        all_through(warm_up, 1, &confirmed, placing("opening", &place)).await?;
        meter.begin();
        all_through(spec.events, spec.load, &confirmed, placing("order", &place)).await?;
        anyhow::Ok(meter.end(spec.events))
    };
    let measured = tokio::select! {
        measured = orders => measured?,
        ended = tasks.join_next() => {
            ended.context("no task")???;
            bail!("a service ended")
        }
    };
    check(&ground, spec.events + warm_up).await?;
    Ok(measured)
}

/// An order's id, and its placing.
fn placing(name: &str, place: &mpsc::Sender<Input>) -> impl Fn(u64) -> (String, BoxFuture<'static, Result<()>>) {
    move |number| {
        let (id, place) = (format!("{name}-{number}"), place.clone());
        let order = id.clone();
        let placed = async move {
            let (answer, answered) = oneshot::channel();
            place.send(Input::Place(order, answer)).await.ok().context("orders ended")?;
            answered.await.context("orders ended")
        };
        (id, placed.boxed())
    }
}

async fn read(mut intake: Intake, log: &'static Sort, batch: usize, inputs: mpsc::Sender<Input>) -> Result<()> {
    loop {
        for message in intake.take(batch).await? {
            inputs.send(Input::Read(log, Box::new(message))).await.ok().context("the service ended")?;
        }
    }
}

/// A log that a service reads.
struct Log {
    /// Of its first sort; all of them are from one source and in one stream.
    sort: &'static Sort,
    saved: HashMap<u32, u64>,
    reached: HashMap<u32, u64>,
    unacknowledged: Vec<Message>,
}

struct Service {
    name: &'static str,
    rules: &'static [Rule],
    logs: HashMap<&'static str, Log>,
}

impl Service {
    /// All that waits goes into one transaction, is answered and acknowledged behind it, and published beside the next one.
    async fn serve(mut self, mut tables: Tables, mut inputs: mpsc::Receiver<Input>, publish: mpsc::Sender<Vec<FollowOn>>) -> Result<()> {
        let mut taken = Vec::new();
        while inputs.recv_many(&mut taken, 256).await > 0 {
            let (mut waiting, mut answers) = (Waiting::default(), Vec::new());
            for input in taken.drain(..) {
                match input {
                    Input::Place(id, answer) => {
                        waiting.requests.push(id.clone());
                        happen(of_call(id), PLACES, &mut waiting);
                        answers.push(answer);
                    }
                    Input::Read(sort, message) => self.read(sort, *message, &mut waiting)?,
                }
            }
            let read = self.logs.values().filter(|log| log.saved != log.reached);
            waiting.read = read.map(|log| (log.sort, steps(&log.saved, &log.reached))).collect();
            tables.all(&mut waiting).await?;
            for answer in answers {
                let _ = answer.send(());
            }
            if !waiting.rows.is_empty() {
                publish.send(waiting.rows).await.context("the relay ended")?;
            }
            for log in self.logs.values_mut() {
                log.saved.clone_from(&log.reached);
                acknowledge(std::mem::take(&mut log.unacknowledged), true).await?;
            }
        }
        Ok(())
    }

    fn read(&mut self, sort: &'static Sort, message: Message, waiting: &mut Waiting) -> Result<()> {
        let event = Event::with_amount(&message, 1)?;
        let type_ = message.headers.as_ref().and_then(|headers| headers.get("ce-type")).context("a type")?;
        let rule = self.rules.iter().find(|(sort, _)| sort.type_ == type_.as_str()).context("a type that nobody asked for")?;
        let new = || Log { sort, saved: HashMap::new(), reached: HashMap::new(), unacknowledged: Vec::new() };
        let log = self.logs.entry(sort.stream).or_insert_with(new);
        log.unacknowledged.push(message);
        let reached = log.reached.entry(event.partition).or_default();
        if event.position > *reached {
            *reached = event.position;
            match self.name {
                LOG => waiting.copies.push(FollowOn { id: event.id.clone(), ..follow_on(&event, rule.0) }),
                _ => happen(event, rule.1, waiting),
            }
        }
        Ok(())
    }
}

/// An effect, in the order's row, and what follows.
fn happen(event: Event, emits: &[&'static Sort], waiting: &mut Waiting) {
    waiting.rows.extend(emits.iter().map(|sort| follow_on(&event, sort)));
    let key = event.correlation.clone();
    waiting.effects.push(Event { key, ..event });
}

fn of_call(order: String) -> Event {
    Event { id: String::new(), partition: 0, position: 0, amount: 1, correlation: order.clone(), traceparent: String::new(), key: order }
}

/// About the same order: everybody's key is its id.
fn follow_on(event: &Event, sort: &'static Sort) -> FollowOn {
    FollowOn::new(event, sort, messaging::root_id(), &event.correlation, Bytes::from_static(&PAYLOAD))
}

/// Every effect once, every event in the log once. What comes behind the confirmation may still be on its way; what comes twice comes soon after.
async fn check(ground: &Ground, orders: u64) -> Result<()> {
    let begun = Instant::now();
    while !complete(ground, orders).await? {
        ensure!(begun.elapsed() < PATIENCE, "effects and events of {orders} orders are missing, or there are too many");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    ensure!(complete(ground, orders).await?, "effects or events came twice");
    Ok(())
}

async fn complete(ground: &Ground, orders: u64) -> Result<bool> {
    for &(service, _, effects) in SERVICES {
        let (sql, wanted) = match service {
            LOG => ("SELECT COUNT(*) AS found FROM follow_ons", orders * EVENTS),
            _ => ("SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT) AS found FROM totals", orders * effects),
        };
        let store = store::Store::open(&ground.place, service, TABLES, store::Clock::system()).await?;
        let found: i64 = store.row(sql, store::params![]).await?.map_or(Ok(0), |row| row.get("found"))?;
        store.close().await;
        if found.unsigned_abs() != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}
