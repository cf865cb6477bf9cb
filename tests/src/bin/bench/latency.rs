//! From an event that is written in one service to its effect in another, at a fixed rate.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use contracts::inventory::v1::StockRestocked;
use delivery::{Consumer, Handler, Received};
use messaging::{Cause, Done, Outcome};
use service_host::Service;
use store::{StoreError, Work, params};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::input::{self, SOURCE, STREAM};
use crate::meter::Meter;
use crate::node::{self, Ground, SERVICE, TABLES};
use crate::spec::{Measured, Spec};
use crate::totals;

/// A fixed rate, whatever becomes of what was due before.
pub(crate) struct Pace {
    begun: Instant,
    /// A second.
    load: u64,
}

impl Pace {
    pub(crate) fn begin(load: u64) -> Self {
        Self { begun: Instant::now() + Duration::from_millis(20), load }
    }

    fn moment(&self, n: u64) -> Instant {
        self.begun + Duration::from_secs_f64(n as f64 / self.load as f64)
    }

    /// Until the `n`-th is due.
    pub(crate) async fn wait(&self, n: u64) {
        tokio::time::sleep_until(self.moment(n)).await;
    }

    /// From the moment at which each was due, in milliseconds; the first ones warm up.
    pub(crate) fn latencies(&self, seen: Vec<(u64, Instant)>, warm_up: u64) -> Vec<f64> {
        let took = |(n, at): (u64, Instant)| at.saturating_duration_since(self.moment(n)).as_secs_f64() * 1e3;
        seen.into_iter().filter(|(n, _)| *n >= warm_up).map(took).collect()
    }
}

/// Adds up, and says which event it was when the transaction has committed.
struct Effect {
    handled: Arc<Mutex<Vec<u64>>>,
}

impl Handler for Effect {
    type Input = StockRestocked;

    async fn handle(&self, event: Received<StockRestocked>, work: &mut Work) -> Outcome {
        let sql = "INSERT INTO totals (key, total) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET total = totals.total + excluded.total";
        work.execute(sql, params![&event.product_id, event.quantity]).await?;
        work.emit(event.cause(), &totals::follow_on(&event.product_id));
        self.handled.lock().unwrap_or_else(PoisonError::into_inner).push(event.stock.unsigned_abs());
        work.poke("totals");
        Ok(Done)
    }
}

/// `load` events a second, each written at its own moment whatever became of the ones before; the time counts from that moment.
pub(crate) async fn measure(spec: &Spec) -> Result<Measured> {
    let _telemetry = node::telemetry(spec)?;
    let ground = Ground::of(spec).await?;
    let context = async_nats::jetstream::new(async_nats::connect(&spec.nats).await?);
    for stream in [STREAM, input::OUTPUT] {
        input::empty_stream(&context, &spec.nats, stream).await?;
    }
    let handled = Arc::new(Mutex::new(Vec::new()));
    let effects = Consumer::new("effects").on(Effect { handled: handled.clone() });
    let services = vec![Service::new(SOURCE), Service::new(SERVICE).migrations(TABLES).consumer(effects)];
    let running = ground.host(spec, |_| (), services).await?;
    let of = |name| running.service(name).expect("the service").context.store.clone();
    let (source, sink) = (of(SOURCE), of(SERVICE));
    let warm_up = spec.load;
    let count = spec.events + warm_up;
    let effects = tokio::spawn(effects_of(sink, handled, count));
    let meter = Meter::default();
    let pace = Pace::begin(spec.load);
    let mut writes = JoinSet::new();
    for n in 0..count {
        pace.wait(n).await;
        if n == warm_up {
            meter.begin();
        }
        let mut event = input::event(n, spec.keys);
        event.stock = i64::try_from(n)?;
        let source = source.clone();
        writes.spawn(async move {
            let cause = Cause::root(format!("conversation-{n}"));
            source
                .write::<_, StoreError, _>(move |work| {
                    Box::pin(async move {
                        work.emit(&cause, &event);
                        Ok(())
                    })
                })
                .await
        });
    }
    while let Some(written) = writes.join_next().await {
        written??;
    }
    let seen = tokio::time::timeout(Duration::from_secs(20), effects).await??;
    let mut measured = meter.end(spec.events);
    ensure!(seen.len() as u64 == count, "{} effects of {count} events", seen.len());
    measured.latencies = pace.latencies(seen, warm_up);
    running.stop().await;
    Ok(measured)
}

async fn effects_of(store: store::Store, handled: Arc<Mutex<Vec<u64>>>, count: u64) -> Vec<(u64, Instant)> {
    let mut seen = Vec::new();
    let mut poked = Box::pin(store.poked("totals"));
    while (seen.len() as u64) < count {
        poked.await;
        let now = Instant::now();
        poked = Box::pin(store.poked("totals"));
        seen.extend(handled.lock().unwrap_or_else(PoisonError::into_inner).drain(..).map(|n| (n, now)));
    }
    seen
}
