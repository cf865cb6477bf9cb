//! The controls: what a careful programmer writes by hand on async-nats and sqlx for the same job, without a framework.

mod each;
mod intake;
mod outgoing;
mod paced;
mod pipeline;
mod postgres;
mod sqlite;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use async_nats::jetstream::{self, AckKind};
use messaging::{Envelope, partition_of};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::input;
use crate::meter::Meter;
use crate::node::{Ground, SERVICE};
use crate::spec::{Database, Measured, Spec, What};

pub(crate) use each::each;
use intake::{Acks, Event, Intake};
use outgoing::{FollowOn, Relay};
pub(crate) use paced::paced;
pub(crate) use pipeline::pipeline;
use sqlite::{Call, Commits};

/// Products that calls are about.
pub(crate) const PRODUCTS: u64 = 64;

/// One connection to either database.
enum Tables {
    Postgres(postgres::Tables),
    Sqlite(sqlite::Tables),
}

impl Tables {
    /// A service's, made as Ensue makes them.
    async fn open(spec: &Spec, ground: &Ground, service: &str) -> Result<Self> {
        ground.prepare(service).await?;
        Ok(match spec.database {
            Database::Postgres => Self::Postgres(postgres::Tables::connect(ground.url()?, service, spec.one_writer).await?),
            Database::Sqlite => Self::Sqlite(sqlite::Tables::connect(&ground.file(service)?).await?),
        })
    }

    async fn plain(&mut self, events: &[Event], sent: Vec<String>) -> Result<Vec<FollowOn>> {
        match self {
            Self::Postgres(tables) => tables.plain(events, sent).await,
            Self::Sqlite(tables) => tables.plain(events, sent).await,
        }
    }

    async fn append(&mut self, rows: &mut [FollowOn]) -> Result<()> {
        match self {
            Self::Postgres(tables) => tables.append(rows).await,
            Self::Sqlite(tables) => tables.append(rows).await,
        }
    }

    async fn same(&mut self, events: &[Event], once: Once<'_>) -> Result<Vec<FollowOn>> {
        match self {
            Self::Postgres(tables) => tables.same(events, once).await,
            Self::Sqlite(tables) => tables.same(events, once).await,
        }
    }
}

/// What tells repeats, in the transaction.
enum Once<'a> {
    /// They were told by position; this is where the positions go.
    Positions(&'a [Step]),
    /// An inbox of ids.
    Inbox,
}

/// A partition's move from one position to another.
struct Step {
    partition: i64,
    previous: i64,
    position: i64,
}

/// Fetches and acknowledges, nothing else.
pub(crate) async fn fetch(spec: &Spec) -> Result<Measured> {
    let mut intake = Intake::open(spec, Acks::Each).await?;
    let meter = Meter::default();
    let mut read = 0;
    while read < intake.stored {
        let messages = intake.take(spec.batch).await?;
        meter.begin();
        read += messages.len() as u64;
        for message in messages {
            message.ack().await.map_err(|error| anyhow::anyhow!("{error}"))?;
        }
    }
    Ok(meter.end(intake.stored))
}

/// Publishes follow-ons with many in flight.
pub(crate) async fn publish(spec: &Spec) -> Result<Measured> {
    let context = context(spec).await?;
    input::empty_stream(&context, &spec.nats, input::OUTPUT).await?;
    let rows = made_up(spec);
    let mut relay = Relay::new(context.clone());
    let meter = Meter::default();
    meter.begin();
    for row in rows {
        relay.send(row).await?;
    }
    relay.settle(0).await?;
    let measured = meter.end(spec.events);
    check_output(spec, &context).await?;
    Ok(measured)
}

/// Appends follow-ons to the log's tables, a batch a transaction; on Postgres a second connection numbers them, as the relay would. Publishes them
/// beside the next batch, where that is asked for.
pub(crate) async fn append(spec: &Spec) -> Result<Measured> {
    let publishing = match spec.what {
        What::RawRelay => {
            let context = context(spec).await?;
            input::empty_stream(&context, &spec.nats, input::OUTPUT).await?;
            Some(context)
        }
        _ => None,
    };
    let ground = Ground::of(spec).await?;
    let mut tables = Tables::open(spec, &ground, SERVICE).await?;
    let mut rows = made_up(spec).into_iter().peekable();
    let (sender, mut receiver) = mpsc::channel::<Vec<FollowOn>>(4);
    let mut numbers = numbers(spec, &ground).await?;
    let relay = publishing.clone().map(Relay::new);
    let numbering = tokio::spawn(async move {
        if let Some(relay) = relay {
            return relay.run(receiver, numbers, false).await;
        }
        while let Some(mut rows) = receiver.recv().await {
            if let Some(numbers) = &mut numbers {
                numbers.number(&mut rows).await?;
            }
        }
        anyhow::Ok(())
    });
    let meter = Meter::default();
    meter.begin();
    while rows.peek().is_some() {
        let mut batch: Vec<FollowOn> = rows.by_ref().take(spec.batch).collect();
        tables.append(&mut batch).await?;
        sender.send(batch).await.context("the numbering ended")?;
    }
    drop(sender);
    numbering.await??;
    let measured = meter.end(spec.events);
    if let Some(context) = publishing {
        check_output(spec, &context).await?;
    }
    Ok(measured)
}

/// Calls without gRPC, a commit for each, and nothing is published.
pub(crate) async fn single_calls(spec: &Spec) -> Result<Measured> {
    let ground = Ground::of(spec).await?;
    ground.prepare(SERVICE).await?;
    let mut commits = Commits::open(&ground.file(SERVICE)?).await?;
    let meter = Meter::default();
    meter.begin();
    for number in 0..spec.events {
        commits.calls(&[Call { number, key: product(number) }]).await?;
    }
    Ok(meter.end(spec.events))
}

/// Calls without gRPC, one commit and one statement a table for all that wait, their events published beside the next commit. Over when the last
/// caller has its answer.
pub(crate) async fn joint_calls(spec: &Spec) -> Result<Measured> {
    let context = context(spec).await?;
    input::empty_stream(&context, &spec.nats, input::OUTPUT).await?;
    let ground = Ground::of(spec).await?;
    ground.prepare(SERVICE).await?;
    let mut commits = Commits::open(&ground.file(SERVICE)?).await?;
    let (sender, receiver) = mpsc::channel(1_024);
    let relaying = tokio::spawn(Relay::new(context.clone()).run(receiver, None, false));
    let (ask, mut asked) = mpsc::channel::<(Call, oneshot::Sender<()>)>(4_096);
    let writing = tokio::spawn(async move {
        let mut waiting = Vec::new();
        while asked.recv_many(&mut waiting, 256).await > 0 {
            let (calls, answers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
            let rows = commits.calls(&calls).await?;
            for answer in answers {
                let _ = answer.send(());
            }
            sender.send(rows).await.context("the relay ended")?;
        }
        anyhow::Ok(())
    });
    let next = Arc::new(AtomicU64::new(0));
    let meter = Meter::default();
    meter.begin();
    let mut callers = JoinSet::new();
    for _ in 0..spec.load {
        let (ask, next, calls) = (ask.clone(), next.clone(), spec.events);
        callers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let (answer, answered) = oneshot::channel();
                // An error ends the writer, and says there what it was.
                if number >= calls || ask.send((Call { number, key: product(number) }, answer)).await.is_err() || answered.await.is_err() {
                    return;
                }
            }
        });
    }
    callers.join_all().await;
    let measured = meter.end(spec.events);
    drop(ask);
    writing.await??;
    relaying.await??;
    let stored = context.get_stream(input::OUTPUT).await?.cached_info().state.messages;
    ensure!(stored == spec.events * 2, "{stored} events are in the stream");
    Ok(measured)
}

/// Calls go to 64 products, so that callers do not stand in one line for one row.
pub(crate) fn product(number: u64) -> String {
    format!("product-{}", number % PRODUCTS)
}

/// A batch a transaction; publishing goes on beside the next one.
pub(crate) async fn batches(spec: &Spec) -> Result<Measured> {
    let context = context(spec).await?;
    input::empty_stream(&context, &spec.nats, input::OUTPUT).await?;
    let ground = Ground::of(spec).await?;
    let mut tables = Tables::open(spec, &ground, SERVICE).await?;
    let (same, by_position) = (spec.what != What::RawPlain, spec.what == What::RawSame);
    let mut intake = Intake::open(spec, if same { Acks::All } else { Acks::Each }).await?;
    let (sender, receiver) = mpsc::channel(4);
    let relay = Relay::new(context.clone());
    let sent = relay.sent.clone();
    let later = same && !spec.one_writer;
    let relaying = tokio::spawn(relay.run(receiver, if later { numbers(spec, &ground).await? } else { None }, !same));
    let meter = Meter::default();
    let mut reached: HashMap<u32, u64> = HashMap::new();
    let (mut read, mut commits) = (0, 0);
    while read < intake.stored {
        let messages = intake.take(spec.batch).await?;
        meter.begin();
        read += messages.len() as u64;
        let mut events = messages.iter().map(Event::read).collect::<Result<Vec<_>>>()?;
        let before = reached.clone();
        if by_position {
            events = new_by_position(events, &mut reached)?;
        }
        if !events.is_empty() {
            let rows = if same {
                let steps = steps(&before, &reached);
                tables.same(&events, if by_position { Once::Positions(&steps) } else { Once::Inbox }).await?
            } else {
                let done = std::mem::take(&mut *sent.lock().expect("the ids"));
                tables.plain(&events, done).await?
            };
            commits += if later && spec.database == Database::Postgres { 2 } else { 1 };
            sender.send(rows).await.context("the relay ended")?;
        }
        acknowledge(messages, same).await?;
    }
    drop(sender);
    relaying.await??;
    let mut measured = meter.end(spec.events);
    measured.commits = Some(commits);
    check_output(spec, &context).await?;
    check_totals(spec, &ground).await?;
    Ok(measured)
}

/// The next of each partition; a repeat is skipped, and a gap must not be in this input.
fn new_by_position(events: Vec<Event>, reached: &mut HashMap<u32, u64>) -> Result<Vec<Event>> {
    let mut new = Vec::with_capacity(events.len());
    for event in events {
        let reached = reached.entry(event.partition).or_default();
        match event.position {
            position if position <= *reached => {}
            position if position == *reached + 1 => {
                *reached = position;
                new.push(event);
            }
            position => bail!("a gap before {position}"),
        }
    }
    Ok(new)
}

fn steps(before: &HashMap<u32, u64>, after: &HashMap<u32, u64>) -> Vec<Step> {
    let mut steps: Vec<Step> = after
        .iter()
        .map(|(partition, position)| Step {
            partition: i64::from(*partition),
            previous: before.get(partition).map_or(0, |previous| previous.cast_signed()),
            position: position.cast_signed(),
        })
        .filter(|step| step.previous != step.position)
        .collect();
    steps.sort_unstable_by_key(|step| step.partition);
    steps
}

/// One acknowledgement for the batch, or one for each message.
async fn acknowledge(messages: Vec<jetstream::Message>, all: bool) -> Result<()> {
    let skipped = if all { messages.len().saturating_sub(1) } else { 0 };
    for message in messages.into_iter().skip(skipped) {
        message.ack_with(AckKind::Ack).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    }
    Ok(())
}

/// Follow-ons that nothing led to.
fn made_up(spec: &Spec) -> Vec<FollowOn> {
    let mut numbers = input::Numbers::default();
    (0..spec.events).map(|n| row_of(&numbers.envelope(n, spec.keys))).collect()
}

/// A row of the log, numbered as the envelope is.
fn row_of(envelope: &Envelope) -> FollowOn {
    let mut row = FollowOn::of(&Event {
        partition: partition_of(&envelope.key),
        position: envelope.position,
        amount: 1,
        id: envelope.id.clone(),
        key: envelope.key.clone(),
        correlation: envelope.correlation_id.clone(),
        traceparent: envelope.trace.traceparent.clone(),
    });
    (row.version, row.position) = (envelope.sequence.cast_signed(), envelope.position.cast_signed());
    row
}

async fn numbers(spec: &Spec, ground: &Ground) -> Result<Option<postgres::Numbers>> {
    Ok(match spec.database {
        Database::Postgres => Some(postgres::Numbers::connect(ground.url()?).await?),
        Database::Sqlite => None,
    })
}

async fn context(spec: &Spec) -> Result<jetstream::Context> {
    Ok(jetstream::context::ContextBuilder::new().max_ack_inflight(8_192).build(async_nats::connect(&spec.nats).await?))
}

async fn check_output(spec: &Spec, context: &jetstream::Context) -> Result<()> {
    let stored = context.get_stream(input::OUTPUT).await?.cached_info().state.messages;
    ensure!(stored == spec.events, "{stored} follow-ons are in the stream");
    Ok(())
}

async fn check_totals(spec: &Spec, ground: &Ground) -> Result<()> {
    let store = store::Store::open(&ground.place, SERVICE, crate::node::TABLES, store::Clock::system()).await?;
    let row = store.row("SELECT CAST(SUM(total) AS BIGINT) AS total FROM totals", store::params![]).await?;
    let total: i64 = row.map_or(Ok(0), |row| row.get("total"))?;
    store.close().await;
    ensure!(total == input::expected_total(spec.events), "the effects come to {total}: not exactly once");
    Ok(())
}
