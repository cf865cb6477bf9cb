//! Bad input, much of it and with a structure: every single message is accounted for, and the good ones beside it take effect once, in order.
//!
//! `cargo xtask fuzz --count N --seed S` is the same with more of it: `ENSUE_FUZZ_COUNT` and `ENSUE_FUZZ_SEED` say how much and which.

mod account;
mod mutants;
mod system;

use std::time::Instant;

use account::Account;
use mutants::Mutator;
use system::System;

use crate::rig::Rig;

crate::rig::both!(every_bad_input_ends_as_applied_or_dead);

/// Messages between two looks at the log's heads.
const ROUND: usize = 500;

async fn every_bad_input_ends_as_applied_or_dead(rig: Rig) {
    let setting = |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (count, seed) = (setting("ENSUE_FUZZ_COUNT", 2_000), setting("ENSUE_FUZZ_SEED", 1));
    let began = Instant::now();
    let system = System::start(&rig).await;
    let mut mutator = Mutator::new(seed);
    let mut account = Account::default();
    let mut made = 0;
    let mut healthy = 0;
    while made < count {
        system.healthy(healthy..healthy + 2).await;
        healthy += 2;
        mutator.learn(system.heads().await);
        let round = ROUND.min(usize::try_from(count - made).unwrap_or(ROUND));
        let mutants: Vec<_> = (0..round).map(|_| mutator.next()).collect();
        made += round as u64;
        system.send(mutants, &mut account).await;
    }
    let sent = began.elapsed();
    let outcome = account.settle(&system).await;
    system.is_healthy(healthy).await;
    println!(
        "fuzz: {count} inputs, seed {seed}, {}: {outcome}; healthy {} applied once, in order; sent in {:.0} s, all accounted for after {:.0} s",
        system.dialect(),
        healthy * i64::try_from(system::HEALTHY.len()).unwrap_or(0),
        sent.as_secs_f64(),
        began.elapsed().as_secs_f64(),
    );
    system.stop().await;
}
