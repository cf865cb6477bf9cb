//! Publishing: what the store appends and the relay brings to the broker, and lists given to `PublishEvents`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use acceptance::System;
use anyhow::{Result, ensure};
use contracts::events::v1::{NewEvent, PublishEventsRequest};
use messaging::{ALL_EVENTS, Cause};
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use service_host::Service;
use service_host::config::Config;
use store::StoreError;
use telemetry::TraceContext;

use crate::input;
use crate::meter::Meter;
use crate::node::{self, Ground, SERVICE, TABLES};
use crate::spec::{Measured, Spec};
use crate::totals;

/// Writes events in transactions of a batch, one after another; over when the broker has acknowledged the last.
pub(crate) async fn relay(spec: &Spec) -> Result<Measured> {
    let _telemetry = node::telemetry(spec)?;
    let ground = Ground::of(spec).await?;
    let context = async_nats::jetstream::new(async_nats::connect(&spec.nats).await?);
    input::empty_stream(&context, &spec.nats, input::OUTPUT).await?;
    if spec.all_events {
        // What other loops left in it would be gathered, too.
        let _ = context.delete_stream(input::STREAM).await;
    }
    let change = |config: &mut Config| config.nats.all_events = spec.all_events;
    let running = ground.host(spec, change, vec![Service::new(SERVICE).migrations(TABLES)]).await?;
    let store = running.service(SERVICE).expect("the service").context.store.clone();
    // The first one opens the relay's way.
    write(&store, spec, 0..1).await?;
    totals::published(&running, 1).await?;
    let meter = Meter::default();
    meter.begin();
    let mut from = 1;
    while from <= spec.events {
        let to = (from + spec.batch as u64).min(spec.events + 1);
        write(&store, spec, from..to).await?;
        from = to;
    }
    totals::published(&running, spec.events + 1).await?;
    if spec.all_events {
        while context.get_stream(ALL_EVENTS).await?.cached_info().state.messages <= spec.events {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let mut measured = meter.end(spec.events);
    measured.commits = Some(store.commits());
    let stored = context.get_stream(input::OUTPUT).await?.cached_info().state.messages;
    ensure!(stored == spec.events + 1, "{stored} events are in the stream");
    if spec.all_events {
        context.delete_stream(ALL_EVENTS).await?;
    }
    running.stop().await;
    Ok(measured)
}

async fn write(store: &store::Store, spec: &Spec, numbers: std::ops::Range<u64>) -> Result<()> {
    let keys = spec.keys;
    let write = store.write::<_, StoreError, _>(move |work| {
        Box::pin(async move {
            for n in numbers {
                let trace = TraceContext { traceparent: format!("00-{:032x}-{:016x}-00", n + 1, n + 1), tracestate: String::new() };
                let cause = Cause {
                    correlation_id: format!("conversation-{n}"),
                    causation_id: format!("cause-{n}"),
                    trace,
                    actor: "bench".to_owned(),
                };
                work.emit(&cause, &totals::follow_on(&input::event(n, keys).product_id));
            }
            Ok(())
        })
    });
    Ok(write.await?)
}

/// Lists of `batch` events, from `load` callers at once; over when the last is accepted.
pub(crate) async fn lists(spec: &Spec) -> Result<Measured> {
    let system = System::of(&spec.binary).start().await;
    let next = Arc::new(AtomicU64::new(0));
    let (lists, list) = (spec.events / spec.batch as u64, spec.batch as u64);
    let meter = Meter::default();
    meter.begin();
    let callers = (0..spec.load).map(|_| {
        let (mut client, next) = (system.clients().events, next.clone());
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= lists {
                    return anyhow::Ok(());
                }
                let events = (number * list..(number + 1) * list).map(acted).collect();
                let answer = client.publish_events(PublishEventsRequest { events, request_id: None }).await?.into_inner();
                ensure!(u64::from(answer.count) == list, "{} of {list} were accepted", answer.count);
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await??;
    }
    Ok(meter.end(lists * list))
}

fn acted(n: u64) -> NewEvent {
    let text = |text: String| Value { kind: Some(Kind::StringValue(text)) };
    let fields = [("user_id", text(format!("user-{}", n % 1_000))), ("action", text("view".to_owned()))];
    let data = Struct { fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() };
    NewEvent { r#type: "user.acted".to_owned(), data: Some(data), ..NewEvent::default() }
}
