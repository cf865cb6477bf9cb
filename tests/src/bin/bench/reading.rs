//! What the framework costs without a database: reading through the port, and a consumer that has had everything already.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use contracts::inventory::v1::StockRestocked;
use messaging::{Broker as _, ReadFrom, ReaderSpec, headers};
use messaging_nats::{NatsBroker, Options};
use service_host::Service;
use store::{StoreError, params};

use crate::input;
use crate::meter::Meter;
use crate::node::{self, Ground, SERVICE, TABLES};
use crate::spec::{Measured, Spec};
use crate::totals;

/// The port, the envelope and the payload of every event, acknowledged.
pub(crate) async fn port(spec: &Spec) -> Result<Measured> {
    let broker = NatsBroker::connect(Options::new(&spec.nats, "bench")).await?;
    let durable = format!("reading-{}", std::process::id());
    let open = ReaderSpec {
        stream: input::STREAM.to_owned(),
        durable,
        filters: Vec::new(),
        from: ReadFrom::First,
        prefetch: spec.batch * 2,
        unused_for: None,
    };
    let mut reader = broker.read(open).await?;
    let stored = broker.state(input::STREAM).await?.map_or(0, |state| state.messages);
    let meter = Meter::default();
    let (mut read, mut sum) = (0, 0);
    while read < stored {
        let batch = reader.take(spec.batch).await?;
        meter.begin();
        read += batch.len() as u64;
        let last = batch.last().map_or(0, |message| message.sequence);
        for message in batch {
            let envelope = headers::read(&message.subject, &message.headers, message.payload)?;
            let event: StockRestocked = delivery::decode(&envelope).map_err(|failure| anyhow::anyhow!("{failure}"))?;
            sum += event.quantity;
        }
        reader.settle(last).await?;
    }
    ensure!(sum > 0, "nothing read");
    Ok(meter.end(stored))
}

/// The whole consumer, every event a repeat by its position: read, judged and acknowledged, nothing written.
pub(crate) async fn repeats(spec: &Spec) -> Result<Measured> {
    let _telemetry = node::telemetry(spec)?;
    let ground = Ground::of(spec).await?;
    let context = async_nats::jetstream::new(async_nats::connect(&spec.nats).await?);
    let stored = context.get_stream(input::STREAM).await?.cached_info().state.messages;
    had_all(&ground, spec).await?;
    let meter = Arc::new(Meter::default());
    let service = Service::new(SERVICE).migrations(TABLES).consumer(totals::consumer(spec, &meter));
    let running = ground.host(spec, |_| (), vec![service]).await?;
    meter.begin();
    // Its durable says how far it has acknowledged.
    let mut acknowledged = 0;
    while acknowledged < stored {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Ok(mut durable) =
            context.get_consumer_from_stream::<async_nats::jetstream::consumer::pull::Config, _, _>("orders-totals", input::STREAM).await
        {
            acknowledged = durable.info().await?.ack_floor.stream_sequence;
        }
    }
    let measured = meter.end(stored);
    running.stop().await;
    Ok(measured)
}

/// Writes positions beyond the end of the input.
async fn had_all(ground: &Ground, spec: &Spec) -> Result<()> {
    let store = store::Store::open(&ground.place, SERVICE, TABLES, store::Clock::system()).await?;
    let events = spec.events;
    store
        .write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                for partition in 0..messaging::PARTITIONS {
                    let sql = "INSERT INTO positions (consumer, source, stream, partition, position, previous) VALUES ('orders-totals', $1, $2, $3, $4, 0)";
                    work.execute(sql, params![input::SOURCE, input::STREAM, partition, events]).await?;
                }
                Ok(())
            })
        })
        .await?;
    store.close().await;
    Ok(())
}
