//! What an event costs, counted and never timed: transactions, statements and allocations over a fixed load may not rise above what
//! `ceilings.json` records.
//!
//! A program of its own: whatever else ran in it would be counted too. A ceiling of transactions leaves room for a slow machine, on which batches are
//! smaller; one of allocations is a seventh above what was counted. Who lowers a cost lowers its ceiling.

#[path = "../it/rig.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the rig of the facts; two of its parts are needed here")]
mod rig;

use std::alloc::System;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use delivery::{BatchHandler, Consumer, Handler, Received};
use messaging::{Done, Outcome};
use rig::{Rig, eventually};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use store::{Params, Work, params};
use testkit::sample::inventory::v1::StockRestocked;
use testkit::sample::orders::v1::OrderReturned;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Enough that what a start costs does not show.
const EVENTS: i64 = 8_192;
/// Where they are read. A relay that publishes some of them twice counts them twice: only the broker says that all are there.
const STREAM: &str = "EVENTS_INVENTORY";
const KEYS: [&str; 16] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"];

const ADD: &str =
    "INSERT INTO totals (key, count, last) VALUES {rows} ON CONFLICT (key) DO UPDATE SET count = totals.count + excluded.count";

/// A sum per key, and an event for each.
struct Many;

impl BatchHandler for Many {
    type Input = StockRestocked;

    async fn handle(&self, batch: &[Received<StockRestocked>], work: &mut Work) -> Vec<Outcome> {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for event in batch {
            *sums.entry(&event.product_id).or_default() += 1;
        }
        let rows: Vec<Params> = sums.into_iter().map(|(key, sum)| params![key, sum]).collect();
        if let Err(error) = work.over_rows(ADD, "(?1, ?2, 0)", params![], rows).await {
            return vec![Err(error.into())];
        }
        for event in batch {
            follow(event, work);
        }
        vec![Ok(Done); batch.len()]
    }
}

/// The same one by one.
struct One;

impl Handler for One {
    type Input = StockRestocked;

    async fn handle(&self, event: Received<StockRestocked>, work: &mut Work) -> Outcome {
        work.execute(&ADD.replace("{rows}", "($1, 1, 0)"), params![&event.product_id]).await?;
        follow(&event, work);
        Ok(Done)
    }
}

fn follow(event: &Received<StockRestocked>, work: &mut Work) {
    work.emit(event.cause(), &OrderReturned { order_id: event.product_id.clone(), ..OrderReturned::default() });
}

/// For one event: transactions, statements, allocations.
#[derive(Debug)]
struct Cost {
    commits: f64,
    statements: f64,
    allocations: f64,
}

/// Both logs filled and published, then a consumer over all of it, up to the last follow-on on the broker.
async fn cost(rig: &Rig, consumer: Consumer) -> Cost {
    let source = rig.source().await;
    source.restock_all(&KEYS, 0..EVENTS / KEYS.len() as i64).await;
    eventually(Duration::from_secs(60), async || {
        let stored = source.broker.state(STREAM).await.expect("the stream").map_or(0, |state| state.messages);
        (stored == EVENTS as u64 && source.relay.published() >= stored).then_some(())
    })
    .await;
    let sink = rig.sink().await;
    let (commits, statements) = (sink.store.commits(), sink.store.statements());
    let region = Region::new(ALLOCATOR);
    let _handle = sink.consume(consumer);
    eventually(Duration::from_secs(120), async || (sink.relay.published() >= EVENTS as u64).then_some(())).await;
    let allocations = region.change().allocations;
    let each = |count: u64| count as f64 / EVENTS as f64;
    let cost = Cost {
        commits: each(sink.store.commits() - commits),
        statements: each(sink.store.statements() - statements),
        allocations: each(allocations as u64),
    };
    assert_eq!(sink.count("SELECT CAST(SUM(count) AS BIGINT) AS count FROM totals").await, EVENTS);
    sink.stop().await;
    source.stop().await;
    cost
}

/// How many of each an event may cost, by database and handler.
fn ceilings() -> HashMap<String, [f64; 3]> {
    serde_json::from_str(include_str!("ceilings.json")).expect("ceilings.json")
}

#[track_caller]
fn stays_below(name: &str, cost: &Cost) {
    println!("{name}: {cost:?}");
    let [commits, statements, allocations] = ceilings()[name];
    assert!(cost.commits <= commits, "{name}: {} commits an event, recorded are {commits}", cost.commits);
    assert!(cost.statements <= statements, "{name}: {} statements an event, recorded are {statements}", cost.statements);
    assert!(cost.allocations <= allocations, "{name}: {} allocations an event, recorded are {allocations}", cost.allocations);
}

/// One after another: what runs beside it would be counted too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_costs_no_more_than_is_recorded() {
    stays_below("sqlite batch", &cost(&Rig::start().await, Consumer::new("many").on_batch(Many)).await);
    stays_below("sqlite each", &cost(&Rig::start().await, Consumer::new("one").on(One)).await);
    if let Some(rig) = Rig::on_postgres().await {
        stays_below("postgres batch", &cost(&rig, Consumer::new("many").on_batch(Many)).await);
    }
    if let Some(rig) = Rig::on_postgres().await {
        stays_below("postgres each", &cost(&rig, Consumer::new("one").on(One)).await);
    }
}
