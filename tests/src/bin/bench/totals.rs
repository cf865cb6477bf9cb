//! Ensue's consumers of the ladder: a sum per key, and one follow-on for each event.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use contracts::inventory::v1::StockRestocked;
use contracts::orders::v1::{OrderStatus, OrderStatusUpdated};

use delivery::{BatchHandler, Consumer, EnvelopeHandler, ForeignSource, Handler, Policy, Received};
use messaging::{Done, Envelope, Outcome};
use service_host::{Running, Service};
use store::{Params, Work, params};

use crate::input;
use crate::long;
use crate::meter::Meter;
use crate::node::{self, Ground, SERVICE, TABLES};
use crate::spec::{Measured, Spec, What};

const ADD: &str = "INSERT INTO totals (key, total) VALUES {rows} ON CONFLICT (key) DO UPDATE SET total = totals.total + excluded.total";
const ADD_ONE: &str =
    "INSERT INTO totals (key, total) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET total = totals.total + excluded.total";

/// What follows from an event of this key.
pub(crate) fn follow_on(key: &str) -> OrderStatusUpdated {
    let mut event = OrderStatusUpdated { order_id: key.to_owned(), reason: "restocked".to_owned(), ..OrderStatusUpdated::default() };
    event.set_status(OrderStatus::Confirmed);
    event
}

/// Many events at once.
pub(crate) struct Batches(pub(crate) Arc<Meter>);

impl BatchHandler for Batches {
    type Input = StockRestocked;

    async fn handle(&self, batch: &[Received<StockRestocked>], work: &mut Work) -> Vec<Outcome> {
        self.0.begin();
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for event in batch {
            *sums.entry(&event.product_id).or_default() += event.quantity;
        }
        let rows: Vec<Params> = sums.into_iter().map(|(key, sum)| params![key, sum]).collect();
        if let Err(error) = work.over_rows(ADD, "(?1, ?2)", params![], rows).await {
            return vec![Err(error.into())];
        }
        for event in batch {
            work.emit(event.cause(), &follow_on(&event.product_id));
        }
        vec![Ok(Done); batch.len()]
    }
}

/// One event at a time.
pub(crate) struct Singly(pub(crate) Arc<Meter>);

impl Handler for Singly {
    type Input = StockRestocked;

    async fn handle(&self, event: Received<StockRestocked>, work: &mut Work) -> Outcome {
        self.0.begin();
        work.execute(ADD_ONE, params![&event.product_id, event.quantity]).await?;
        work.emit(event.cause(), &follow_on(&event.product_id));
        Ok(Done)
    }
}

/// Many at once, of a stream that somebody else writes.
struct Strangers(Arc<Meter>);

impl EnvelopeHandler for Strangers {
    async fn handle(&self, batch: &[Arc<Envelope>], work: &mut Work) -> Vec<Outcome> {
        self.0.begin();
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for envelope in batch {
            match delivery::decode::<StockRestocked>(envelope) {
                Ok(event) => *sums.entry(&envelope.key).or_default() += event.quantity,
                Err(failure) => return vec![Err(failure)],
            }
        }
        let rows: Vec<Params> = sums.into_iter().map(|(key, sum)| params![key, sum]).collect();
        if let Err(error) = work.over_rows(ADD, "(?1, ?2)", params![], rows).await {
            return vec![Err(error.into())];
        }
        for envelope in batch {
            work.emit(&envelope.cause("orders-totals"), &follow_on(&envelope.key));
        }
        vec![Ok(Done); batch.len()]
    }
}

pub(crate) fn consumer(spec: &Spec, meter: &Arc<Meter>) -> Consumer {
    let consumer = Consumer::new("totals");
    let policy = Policy { batch: spec.batch, prefetch: spec.batch * 2, ..Policy::default() };
    match spec.what {
        What::Foreign => consumer.on_foreign(ForeignSource::stream(input::STREAM), Strangers(meter.clone())),
        What::Each => consumer.on(Singly(meter.clone())),
        _ => consumer.on_batch(Batches(meter.clone())),
    }
    .policy(policy)
}

/// Reads the input to its end; over when the last follow-on is acknowledged.
pub(crate) async fn consume(spec: &Spec) -> Result<Measured> {
    let _telemetry = node::telemetry(spec)?;
    let ground = Ground::of(spec).await?;
    let context = async_nats::jetstream::new(async_nats::connect(&spec.nats).await?);
    input::empty_stream(&context, &spec.nats, input::OUTPUT).await?;
    let there = match spec.prepared {
        Some(_) => long::renew(&ground.place, &spec.nats).await.map(|()| 1)?,
        None => 0,
    };
    let meter = Arc::new(Meter::default());
    let service = Service::new(SERVICE).migrations(TABLES).consumer(consumer(spec, &meter));
    let running = ground.host(spec, |_| (), vec![service]).await?;
    let commits = || running.service(SERVICE).map_or(0, |hosted| hosted.context.store.commits());
    published(&running, spec.events).await?;
    let mut measured = meter.end(spec.events);
    measured.commits = Some(commits());
    let hosted = running.service(SERVICE).expect("the service");
    let sum = hosted.context.store.row("SELECT CAST(SUM(total) AS BIGINT) AS total FROM totals", params![]).await?;
    let total: i64 = sum.map_or(Ok(0), |row| row.get("total"))?;
    ensure!(total == input::expected_total(spec.events), "the effects come to {total}: not exactly once");
    let stored = context.get_stream(input::OUTPUT).await?.cached_info().state.messages;
    ensure!(stored == spec.events + there, "{stored} follow-ons are in the stream");
    running.stop().await;
    Ok(measured)
}

/// Waits until the relay has published this many.
pub(crate) async fn published(running: &Running, events: u64) -> Result<()> {
    let relay = running.service(SERVICE).expect("the service").relay.clone();
    let (mut last, mut since) = (0, std::time::Instant::now());
    while relay.published() < events {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if relay.published() != last {
            (last, since) = (relay.published(), std::time::Instant::now());
        }
        ensure!(since.elapsed() < Duration::from_secs(30), "stuck at {last} of {events}");
    }
    Ok(())
}
