//! A short chaos run. In a test binary of its own: cargo runs those one after the other, and a run wants the machine for itself.

use std::time::Duration;

use acceptance::chaos::{self, Plan, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_out_of_order_after_kills_cuts_and_losses() {
    let binary = env!("CARGO_BIN_EXE_ensue").into();
    let plan = Plan { binary, store: Store::Sqlite, seed: 7, lasting: Duration::from_secs(100), rate: 8.0, talkative: true };
    let tally = chaos::run(&plan).await;
    println!("{tally}");
    assert!(tally.kills >= 5 && tally.accepted >= 100, "a run that shows nothing: {tally}");
    assert!(tally.is_clean(), "{tally}");
}
