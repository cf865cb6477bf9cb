//! Before the first fault: products, and orders for one of each, which show that the orders service has heard of all of them.

use std::time::{Duration, Instant};

use super::baskets::order;
use super::world::World;
use crate::clients::Clients;

/// Pieces of each product at first: the most wanted run out in a long run, and are restocked.
const STOCK: &str = "2000";

/// How long the news of products may take to the orders service.
const NEWS: Duration = Duration::from_secs(60);

/// Imports the catalogue by the binary's own command; the ids of the orders placed.
pub(super) async fn prepare(world: &World) -> Vec<String> {
    let (orders, inventory) = world.front_doors();
    let file = crate::catalogue();
    let mut import = world.members[0].command();
    import.env("ENSUE_SERVER", inventory).args(["import", "catalogue"]).arg(&file).args(["--stock", STOCK]);
    crate::Ran::from(import.output().await.expect("the binary")).good();

    let text = std::fs::read_to_string(&file).expect("the catalogue");
    let products = text.lines().skip(1).filter_map(|line| line.split(',').next());
    let lines: Vec<(String, i32)> = products.map(|product| (product.to_owned(), 1)).collect();
    let (client, begun) = (Clients::of(&orders).orders, Instant::now());
    let mut placed = Vec::new();
    for (number, some) in lines.chunks(50).enumerate() {
        let id = format!("opening-{number}");
        let first = order(&id, some, "tok_ok", 1);
        while let Err(status) = client.clone().place_order(first.clone()).await {
            assert!(begun.elapsed() < NEWS, "no order is accepted: {status:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        placed.push(id);
    }
    placed
}
