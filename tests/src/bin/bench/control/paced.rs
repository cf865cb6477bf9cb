//! From an event that is written to its effect, by hand, at a fixed rate.

use std::collections::{HashMap, VecDeque};

use anyhow::{Context as _, Result, ensure};
use async_nats::jetstream::Context;
use messaging::Envelope;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::intake::{Acks, Event, Intake};
use super::outgoing::Relay;
use super::{Once, Tables, acknowledge, check_output, check_totals, context, new_by_position, row_of, steps};
use crate::input::{self, SOURCE};
use crate::latency::Pace;
use crate::meter::Meter;
use crate::node::{Ground, SERVICE};
use crate::spec::{Measured, Spec};

/// Writes `load` events a second, numbered in the transaction that appends, publishes each when it is committed, and commits its effect when it comes.
pub(crate) async fn paced(spec: &Spec) -> Result<Measured> {
    let context = context(spec).await?;
    for stream in [input::STREAM, input::OUTPUT] {
        input::empty_stream(&context, &spec.nats, stream).await?;
    }
    let ground = Ground::of(spec).await?;
    let source = Tables::open(spec, &ground, SOURCE).await?;
    let sink = Tables::open(spec, &ground, SERVICE).await?;
    let intake = Intake::open(spec, Acks::All).await?;
    let warm_up = spec.load;
    let count = spec.events + warm_up;
    let (write, due) = mpsc::channel(8_192);
    let writing = tokio::spawn(write_and_publish(source, due, context.clone()));
    let effects = tokio::spawn(effects(sink, intake, spec.batch, count, Relay::new(context.clone())));
    let meter = Meter::default();
    let mut numbers = input::Numbers::default();
    let pace = Pace::begin(spec.load);
    for n in 0..count {
        let envelope = numbers.envelope(n, spec.keys);
        pace.wait(n).await;
        if n == warm_up {
            meter.begin();
        }
        write.send(envelope).await.context("the writer ended")?;
    }
    drop(write);
    writing.await??;
    let seen = effects.await??;
    let mut measured = meter.end(spec.events);
    ensure!(seen.len() as u64 == count, "{} effects of {count} events", seen.len());
    measured.latencies = pace.latencies(seen, warm_up);
    let written = Spec { events: count, ..spec.clone() };
    check_output(&written, &context).await?;
    check_totals(&written, &ground).await?;
    Ok(measured)
}

/// All that wait in one transaction.
async fn write_and_publish(mut tables: Tables, mut due: mpsc::Receiver<Envelope>, context: Context) -> Result<()> {
    let (mut waiting, mut acks) = (Vec::new(), VecDeque::new());
    while due.recv_many(&mut waiting, 256).await > 0 {
        tables.append(&mut waiting.iter().map(row_of).collect::<Vec<_>>()).await?;
        for envelope in waiting.drain(..) {
            input::publish(&context, &envelope, &envelope.id, &mut acks).await?;
        }
    }
    for ack in acks {
        ack.await?;
    }
    Ok(())
}

/// Which event's effect was committed when.
async fn effects(mut tables: Tables, mut intake: Intake, batch: usize, count: u64, mut relay: Relay) -> Result<Vec<(u64, Instant)>> {
    let (mut seen, mut reached) = (Vec::new(), HashMap::new());
    while (seen.len() as u64) < count {
        let messages = intake.take(batch).await?;
        let before = reached.clone();
        let events = messages.iter().map(Event::read).collect::<Result<Vec<_>>>()?;
        let events = new_by_position(events, &mut reached)?;
        let rows = tables.same(&events, Once::Positions(&steps(&before, &reached))).await?;
        let now = Instant::now();
        for event in &events {
            seen.push((event.correlation.trim_start_matches("conversation-").parse()?, now));
        }
        for row in rows {
            relay.send(row).await?;
        }
        acknowledge(messages, true).await?;
    }
    relay.settle(0).await?;
    Ok(seen)
}
