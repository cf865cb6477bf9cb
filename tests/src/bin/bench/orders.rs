//! Whole orders through the running system: placed by gRPC, confirmed when `order.confirmed` is on the broker.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use acceptance::{Clients, System, catalogue};
use anyhow::{Context as _, Result, bail};
use contracts::orders::v1::{OrderItem, PaymentDetails, PlaceOrderRequest};
use contracts::types::v1::{Address, Contact};
use futures::StreamExt as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::meter::Meter;
use crate::spec::{Measured, Spec};

/// How long the last orders may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// As many as go through with `load` under way at once.
pub(crate) async fn flood(spec: &Spec) -> Result<Measured> {
    let shop = Shop::open(spec).await?;
    let confirmed = Confirmed::watch(&shop.system.nats().url()).await?;
    let meter = Meter::default();
    meter.begin();
    let place = |number| {
        let order = shop.order(number);
        let mut client = shop.connections[number as usize % shop.connections.len()].orders.clone();
        (order.order_id.clone(), async move { client.place_order(order).await.map(|_| ()).map_err(Into::into) })
    };
    all_through(spec.events, spec.load, &confirmed, place).await?;
    let measured = meter.end(spec.events);
    shop.keep_mails(&spec.kept)?;
    Ok(measured)
}

/// So many orders with `load` of them under way at once; `place` answers an order's id and its placing.
pub(crate) async fn all_through<F: Future<Output = Result<()>> + Send + 'static>(
    orders: u64,
    load: u64,
    confirmed: &Confirmed,
    place: impl Fn(u64) -> (String, F),
) -> Result<()> {
    let room = Arc::new(Semaphore::new(usize::try_from(load)?));
    let mut calls = JoinSet::new();
    for number in 0..orders {
        let permit = room.clone().acquire_owned().await?;
        let (id, placed) = place(number);
        let waiting = confirmed.expect(&id);
        calls.spawn(async move {
            placed.await?;
            tokio::time::timeout(PATIENCE, waiting).await.context("an order that is not confirmed")??;
            drop(permit);
            anyhow::Ok(())
        });
        while let Some(done) = calls.try_join_next() {
            done??;
        }
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    Ok(())
}

/// `load` orders a second, each at its own moment whatever became of the ones before; the time counts from that moment.
pub(crate) async fn at_a_rate(spec: &Spec) -> Result<Measured> {
    let shop = Shop::open(spec).await?;
    let confirmed = Confirmed::watch(&shop.system.nats().url()).await?;
    let meter = Meter::default();
    meter.begin();
    let begun = tokio::time::Instant::now() + Duration::from_millis(20);
    let mut calls = JoinSet::new();
    for number in 0..spec.events {
        let moment = begun + Duration::from_secs_f64(number as f64 / spec.load as f64);
        tokio::time::sleep_until(moment).await;
        let order = shop.order(number);
        let waiting = confirmed.expect(&order.order_id);
        let mut client = shop.connections[number as usize % shop.connections.len()].orders.clone();
        calls.spawn(async move {
            client.place_order(order).await?;
            let seen = tokio::time::timeout(PATIENCE, waiting).await.context("an order that is not confirmed")??;
            anyhow::Ok(seen.saturating_duration_since(moment.into_std()).as_secs_f64() * 1e3)
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = calls.join_next().await {
        latencies.push(done??);
    }
    let measured = Measured { latencies, ..meter.end(spec.events) };
    shop.keep_mails(&spec.kept)?;
    Ok(measured)
}

/// The system with products on its shelves.
struct Shop {
    system: System,
    connections: Vec<Clients>,
    products: Vec<String>,
}

impl Shop {
    async fn open(spec: &Spec) -> Result<Self> {
        let system = System::of(&spec.binary).start().await;
        let file = catalogue();
        let ran = system.run(["import".as_ref(), "catalogue".as_ref(), file.as_os_str(), "--stock".as_ref(), "100000000".as_ref()]).await;
        anyhow::ensure!(ran.code == Some(0), "no catalogue: {}", ran.stderr);
        let text = std::fs::read_to_string(&file)?;
        let products: Vec<String> = text.lines().skip(1).filter_map(|line| Some(line.split_once(',')?.0.to_owned())).collect();
        let connections: Vec<Clients> = (0..4).map(|_| system.clients()).collect();
        let shop = Self { system, connections, products };
        shop.opened().await?;
        Ok(shop)
    }

    /// Orders has heard of all products when it takes orders for all of them; those go through before anything is measured.
    async fn opened(&self) -> Result<()> {
        let begun = Instant::now();
        let confirmed = Confirmed::watch(&self.system.nats().url()).await?;
        for (number, _) in self.products.iter().enumerate() {
            let mut order = self.order(number as u64);
            order.order_id = format!("opening-{number}");
            order.request_id = Some(order.order_id.clone());
            let waiting = confirmed.expect(&order.order_id);
            while let Err(status) = self.connections[0].orders.clone().place_order(order.clone()).await {
                if begun.elapsed() > PATIENCE {
                    bail!("no order is accepted: {status}");
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tokio::time::timeout(PATIENCE, waiting).await.context("the first orders")??;
        }
        Ok(())
    }

    /// Thousands of files that were deleted a minute ago would slow the next loop, which makes as many: ext4 passes over each inode that was
    /// in use within the last minutes (a fifth of all samples, `perf`). Nobody deletes his mails that often.
    fn keep_mails(&self, kept: &Path) -> Result<()> {
        let mails = self.system.data().join("mail");
        std::fs::rename(&mails, kept.join(format!("mail-{}", std::process::id()))).with_context(|| mails.display().to_string())
    }

    /// Two products each.
    fn order(&self, number: u64) -> PlaceOrderRequest {
        let item = |at: u64| OrderItem {
            product_id: self.products[(at % self.products.len() as u64) as usize].clone(),
            quantity: 1,
            ..OrderItem::default()
        };
        let id = format!("bench-{number}");
        PlaceOrderRequest {
            order_id: id.clone(),
            user_id: format!("customer-{}", number % 500),
            contact: Some(Contact { email: "customer@example.com".to_owned(), locale: "en".to_owned(), ..Contact::default() }),
            items: vec![item(number), item(number * 7 + 3)].into_iter().take(if number.is_multiple_of(169) { 1 } else { 2 }).collect(),
            shipping_address: Some(Address {
                recipient: "Customer".to_owned(),
                lines: vec!["1 Market Street".to_owned()],
                city: "Shanghai".to_owned(),
                postal_code: "200000".to_owned(),
                country: "CN".to_owned(),
                ..Address::default()
            }),
            payment: Some(PaymentDetails { method: "card".to_owned(), token: "tok_ok".to_owned() }),
            request_id: Some(id),
        }
    }
}

/// Who waits for which order, and when it was seen confirmed.
pub(crate) struct Confirmed {
    waiting: Arc<Mutex<HashMap<String, tokio::sync::oneshot::Sender<Instant>>>>,
}

impl Confirmed {
    pub(crate) async fn watch(nats: &str) -> Result<Self> {
        let client = async_nats::connect(nats).await?;
        let mut messages = client.subscribe("events.order.confirmed.*").await?;
        client.flush().await?;
        let this = Self { waiting: Arc::default() };
        let waiting = this.waiting.clone();
        tokio::spawn(async move {
            // The client lives as long as somebody listens.
            let _client = client;
            while let Some(message) = messages.next().await {
                let id = message.subject.rsplit('.').next().unwrap_or_default().to_owned();
                if let Some(waiting) = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) {
                    let _ = waiting.send(Instant::now());
                }
            }
        });
        Ok(this)
    }

    pub(crate) fn expect(&self, order_id: &str) -> tokio::sync::oneshot::Receiver<Instant> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(order_id.to_owned(), sender);
        receiver
    }
}
