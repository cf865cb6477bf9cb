//! A new projection over a long log: from the stream while it holds all of it, and from the owner's log when it holds nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use contracts::inventory::v1::StockRestocked;
use delivery::{BatchHandler, Consumer, Received};
use messaging::{Cause, Done, Outcome};
use service_host::Service;
use store::{Params, StoreError, Work, params};

use crate::input::{self, SOURCE, STREAM};
use crate::meter::Meter;
use crate::node::{self, Ground, SERVICE, TABLES};
use crate::spec::{Measured, Spec};

/// Events written in one transaction before the measurement.
const WRITTEN: u64 = 1_000;

/// Sums, and nothing that follows from them.
struct Projection(Arc<Meter>);

impl BatchHandler for Projection {
    type Input = StockRestocked;

    async fn handle(&self, batch: &[Received<StockRestocked>], work: &mut Work) -> Vec<Outcome> {
        self.0.begin();
        let mut sums = std::collections::BTreeMap::<&str, i64>::new();
        for event in batch {
            *sums.entry(&event.product_id).or_default() += event.quantity;
        }
        let rows: Vec<Params> = sums.into_iter().map(|(key, sum)| params![key, sum]).collect();
        let sql = "INSERT INTO totals (key, total) VALUES {rows} ON CONFLICT (key) DO UPDATE SET total = totals.total + excluded.total";
        match work.over_rows(sql, "(?1, ?2)", params![], rows).await {
            Ok(_) => vec![Ok(Done); batch.len()],
            Err(error) => vec![Err(error.into())],
        }
    }
}

/// `load` 0 = from the stream, 1 = the stream is empty and all of it comes from the owner's log.
pub(crate) async fn measure(spec: &Spec) -> Result<Measured> {
    let _telemetry = node::telemetry(spec)?;
    let ground = Ground::of(spec).await?;
    let context = async_nats::jetstream::new(async_nats::connect(&spec.nats).await?);
    input::empty_stream(&context, &spec.nats, STREAM).await?;
    let running = ground.host(spec, |_| (), vec![Service::new(SOURCE)]).await?;
    let source = running.service(SOURCE).expect("the source");
    for from in (0..spec.events).step_by(WRITTEN as usize) {
        let (to, keys) = ((from + WRITTEN).min(spec.events), spec.keys);
        let write = source.context.store.write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                for n in from..to {
                    work.emit(&Cause::root(format!("conversation-{n}")), &input::event(n, keys));
                }
                Ok(())
            })
        });
        write.await?;
    }
    while source.relay.published() < spec.events {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.stop().await;
    if spec.load == 1 {
        context.get_stream(STREAM).await?.purge().await?;
    }

    let meter = Arc::new(Meter::default());
    let projection = Consumer::new("projection").on_batch(Projection(meter.clone()));
    let services = vec![Service::new(SOURCE), Service::new(SERVICE).migrations(TABLES).consumer(projection)];
    let running = ground.host(spec, |_| (), services).await?;
    let state = running.service(SERVICE).expect("the service").consumers[0].state.clone();
    let (mut last, mut since) = (0, Instant::now());
    while state.handled() < spec.events {
        tokio::time::sleep(Duration::from_millis(2)).await;
        if state.handled() != last {
            (last, since) = (state.handled(), Instant::now());
        }
        ensure!(since.elapsed() < Duration::from_secs(60), "stuck at {last} of {}", spec.events);
    }
    let measured = meter.end(spec.events);
    let row = running
        .service(SERVICE)
        .expect("the service")
        .context
        .store
        .row("SELECT CAST(SUM(total) AS BIGINT) AS total FROM totals", params![])
        .await?;
    let total: i64 = row.map_or(Ok(0), |row| row.get("total"))?;
    ensure!(total == input::expected_total(spec.events), "the projection comes to {total}");
    running.stop().await;
    Ok(measured)
}
