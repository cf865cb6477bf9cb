//! Durable commands over gRPC: restocking, by one caller or many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use acceptance::{Clients, System};
use anyhow::Result;
use contracts::inventory::v1::{CreateProductRequest, Product, RestockRequest};
use contracts::types::v1::Money;
use tonic::Code;

use crate::control::{PRODUCTS, product};
use crate::meter::Meter;
use crate::spec::{Measured, Spec, What};

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
                let product_id = product(number);
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
        let product = Product { product_id: product(number), name: "Thing".to_owned(), price, ..Product::default() };
        client.create_product(CreateProductRequest { product: Some(product), request_id: None }).await?;
    }
    Ok(())
}
