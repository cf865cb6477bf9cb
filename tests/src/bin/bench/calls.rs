//! Durable commands: the same restocking over gRPC, and by hand with a transaction for each call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use acceptance::{Clients, System};
use anyhow::Result;
use contracts::inventory::v1::{CreateProductRequest, Product, RestockRequest};
use contracts::types::v1::Money;
use tonic::Code;

use crate::control;
use crate::meter::Meter;
use crate::spec::{Measured, Spec, What};

/// Products, so that callers do not stand in one line for one row.
const PRODUCTS: u64 = 64;

/// `load` callers, each with one call at a time. Refusals are the same call with a quantity that is refused at once: what gRPC alone can do, with
/// its client on the same machine.
pub(crate) async fn over_grpc(spec: &Spec) -> Result<Measured> {
    let system = System::of(&spec.binary).serving(&["inventory"]).start().await;
    create(&system.clients()).await?;
    let next = Arc::new(AtomicU64::new(0));
    let connections: Vec<Clients> = (0..spec.load.div_ceil(16)).map(|_| system.clients()).collect();
    let meter = Meter::default();
    meter.begin();
    let callers = (0..spec.load).map(|caller| {
        let refused = spec.what == What::Refusals;
        let (mut client, next, calls) = (connections[(caller / 16) as usize].inventory.clone(), next.clone(), spec.events);
        tokio::spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= calls {
                    return anyhow::Ok(latencies);
                }
                let request_id = Some(format!("call-{number}"));
                let product_id = format!("product-{}", number % PRODUCTS);
                let quantity = i64::from(!refused);
                let request = RestockRequest { product_id, quantity, request_id, ..RestockRequest::default() };
                let asked = Instant::now();
                match client.restock(request).await {
                    Err(status) if refused && status.code() == Code::InvalidArgument => {}
                    answer => drop(answer?),
                }
                latencies.push(asked.elapsed().as_secs_f64() * 1e3);
            }
        })
    });
    let mut latencies = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        latencies.extend(caller.await??);
    }
    Ok(Measured { latencies, ..meter.end(spec.events) })
}

async fn create(clients: &Clients) -> Result<()> {
    let mut client = clients.inventory.clone();
    for number in 0..PRODUCTS {
        let price = Some(Money { minor_units: 100, currency: "EUR".to_owned() });
        let product = Product { product_id: format!("product-{number}"), name: "Thing".to_owned(), price, ..Product::default() };
        client.create_product(CreateProductRequest { product: Some(product), request_id: None }).await?;
    }
    Ok(())
}

/// What `load` callers come to without gRPC and without a framework: one commit for all that wait, and their events published.
pub(crate) async fn together_by_hand(spec: &Spec) -> Result<Measured> {
    control::calls(spec, PRODUCTS).await
}

/// The rows of such a call (request, stock, two events) in a SQLite transaction of its own each, without gRPC and without reading anything.
pub(crate) async fn by_hand(spec: &Spec) -> Result<Measured> {
    control::single_calls(spec, PRODUCTS).await
}
