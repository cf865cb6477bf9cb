//! Customers: orders at a steady rate, each asked until it is answered, so that what was accepted is known; now and then a cancellation or a delivery of goods.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use contracts::inventory::v1::RestockRequest;
use contracts::orders::v1::{CancelOrderRequest, PlaceOrderRequest};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::Plan;
use super::baskets::{Baskets, NO_SUCH_PRODUCT};
use crate::clients::Clients;

/// One try.
const TRY: Duration = Duration::from_secs(5);
/// How long all tries of one call may take, and so the end of the traffic.
const PATIENCE: Duration = Duration::from_secs(120);
/// Calls that may be under way at once; more wait, as people in a queue.
const AT_ONCE: usize = 128;

/// What is known of the answers.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) accepted: BTreeSet<String>,
    pub(super) refused: usize,
    pub(super) retried: u64,
    /// Answers that should not have been.
    pub(super) wrong: Vec<String>,
    /// The reasons of tries that failed, to be shown.
    pub(super) failures: BTreeMap<String, u64>,
}

/// Shared with the noise, which wants ids of live orders.
pub(super) type Shared = Arc<Mutex<Ledger>>;

pub(super) fn lock(ledger: &Shared) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Running traffic.
pub(super) struct Traffic {
    ledger: Shared,
    stop: CancellationToken,
    driving: JoinHandle<()>,
}

impl Traffic {
    /// Begins, with the orders that are placed already.
    pub(super) fn start(plan: &Plan, (orders, inventory): (String, String), placed: Vec<String>) -> Self {
        let ledger = Shared::default();
        lock(&ledger).accepted.extend(placed);
        let stop = CancellationToken::new();
        let asking = Asking { orders: Clients::of(&orders), inventory: Clients::of(&inventory), ledger: ledger.clone() };
        let driving = tokio::spawn(drive(asking, plan.seed, plan.rate, stop.clone()));
        Self { ledger, stop, driving }
    }

    pub(super) fn ledger(&self) -> Shared {
        self.ledger.clone()
    }

    /// For a line on the way.
    pub(super) fn progress(&self) -> String {
        let ledger = lock(&self.ledger);
        format!("{} orders accepted, {} calls made again", ledger.accepted.len(), ledger.retried)
    }

    /// No new orders, and all answers.
    pub(super) async fn finish(self) -> Ledger {
        self.stop.cancel();
        self.driving.await.expect("the traffic");
        std::mem::take(&mut *lock(&self.ledger))
    }
}

#[derive(Clone)]
struct Asking {
    orders: Clients,
    inventory: Clients,
    ledger: Shared,
}

async fn drive(asking: Asking, seed: u64, rate: f64, stop: CancellationToken) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let (mut baskets, mut calls) = (Baskets::read(), JoinSet::new());
    let mut ids: Vec<String> = Vec::new();
    let mut turn = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    while tokio::select! { _ = turn.tick() => true, () = stop.cancelled() => false } {
        while calls.try_join_next().is_some() || calls.len() >= AT_ONCE {
            if calls.len() >= AT_ONCE {
                calls.join_next().await;
            }
        }
        let order = baskets.order(&mut chance);
        if chance.u32(0..50) == 0 && !ids.is_empty() {
            calls.spawn(asking.clone().cancel(ids[chance.usize(ids.len().saturating_sub(20)..ids.len())].clone()));
        }
        if chance.u32(0..50) == 0 {
            let product = order.items.first().map(|item| item.product_id.clone()).unwrap_or_default();
            calls.spawn(asking.clone().restock(product, i64::from(chance.u8(1..=50)), format!("restock-{}", ids.len())));
        }
        ids.push(order.order_id.clone());
        calls.spawn(asking.clone().place(order));
    }
    calls.join_all().await;
}

impl Asking {
    async fn place(self, order: PlaceOrderRequest) {
        let poison = order.items.iter().any(|item| item.product_id == NO_SUCH_PRODUCT);
        let (client, id) = (&self.orders.orders, order.order_id.clone());
        let answer = until_answered(&self.ledger, &id, || {
            let (mut client, order) = (client.clone(), order.clone());
            async move { client.place_order(timed(order)).await.map(drop) }
        });
        let answer = answer.await;
        let mut ledger = lock(&self.ledger);
        match answer {
            Ok(()) => drop(ledger.accepted.insert(id)),
            Err(status) if poison && status.code() == Code::InvalidArgument => ledger.refused += 1,
            Err(status) => ledger.wrong.push(format!("order {id}: {status}")),
        }
    }

    /// Cancelling may come too late, or before the order: both are answers.
    async fn cancel(self, order_id: String) {
        let client = &self.orders.orders;
        let request_id = Some(format!("cancel-{order_id}"));
        let request = CancelOrderRequest { order_id: order_id.clone(), reason: String::new(), request_id };
        let answer = until_answered(&self.ledger, &order_id, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { client.cancel_order(timed(request)).await.map(drop) }
        });
        match answer.await {
            Err(status) if !matches!(status.code(), Code::FailedPrecondition | Code::NotFound) => {
                lock(&self.ledger).wrong.push(format!("cancelling {order_id}: {status}"));
            }
            _ => {}
        }
    }

    async fn restock(self, product_id: String, quantity: i64, request_id: String) {
        let client = &self.inventory.inventory;
        let request = RestockRequest { product_id, quantity, sku_id: String::new(), request_id: Some(request_id.clone()) };
        let answer = until_answered(&self.ledger, &request_id, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { client.restock(timed(request)).await.map(drop) }
        });
        if let Err(status) = answer.await
            && status.code() != Code::NotFound
        {
            lock(&self.ledger).wrong.push(format!("{request_id}: {status}"));
        }
    }
}

fn timed<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(TRY);
    request
}

/// Asks again after everything that is not an answer: nobody there, a cut connection, too late, too much.
async fn until_answered<F>(ledger: &Shared, what: &str, call: impl Fn() -> F) -> Result<(), Status>
where
    F: Future<Output = Result<(), Status>>,
{
    let begun = Instant::now();
    loop {
        let status = match tokio::time::timeout(TRY, call()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(status)) => status,
            Err(_) => Status::deadline_exceeded("no answer"),
        };
        let cut = matches!(status.code(), Code::Unknown | Code::Internal) && std::error::Error::source(&status).is_some();
        let passing = [Code::Unavailable, Code::DeadlineExceeded, Code::ResourceExhausted, Code::Aborted, Code::Cancelled];
        if !cut && !passing.contains(&status.code()) {
            return Err(status);
        }
        if begun.elapsed() > PATIENCE {
            return Err(Status::deadline_exceeded(format!("{what}: no answer within {PATIENCE:?}, at last {status}")));
        }
        {
            let mut ledger = lock(ledger);
            ledger.retried += 1;
            *ledger.failures.entry(status.code().to_string()).or_default() += 1;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
