//! The chaos run: real processes under real traffic, with kills, pauses, cuts and losses at random moments; then rest, and what must be true all the same.
//!
//! Everything random comes from one seed: the faults and their moments, the orders, the noise. What the machine does in between is its own.

mod baskets;
mod faults;
mod history;
mod member;
mod noise;
mod opening;
mod proxy;
mod settle;
mod tally;
mod traffic;
mod world;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use tally::Tally;
pub use world::Store;

use noise::Noise;
use traffic::Traffic;
use world::World;

/// What a run is.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The `ensue` binary.
    pub binary: PathBuf,
    /// Where the services keep their data.
    pub store: Store,
    /// Faults, orders and noise follow from it.
    pub seed: u64,
    /// How long there are faults; the settling comes after that.
    pub lasting: Duration,
    /// Orders a second.
    pub rate: f64,
    /// Says what happens as it happens, on stderr.
    pub talkative: bool,
}

/// Runs it to its end. The tally's [`Tally::is_clean`] is the verdict; on a bad one the data of all processes is kept, and the tally says where.
///
/// # Panics
/// When the system cannot be started at all.
pub async fn run(plan: &Plan) -> Tally {
    let mut world = World::start(plan).await;
    let mut tally = Tally::of(plan);
    let known = opening::prepare(&world).await;
    let traffic = Traffic::start(plan, world.front_doors(), known);
    let noise = Noise::start(plan, &world.nats().url(), traffic.ledger()).await;

    let begun = Instant::now();
    faults::rage(plan, &mut world, &mut tally, &traffic).await;
    tally.raged = begun.elapsed();

    world.calm(&mut tally).await;
    let sent = noise.stop().await;
    tally.published = sent.seen;
    tally.duplicates = sent.duplicates;
    tally.malformed = sent.malformed;
    let ledger = traffic.finish().await;
    settle::settle(plan, &mut world, &mut tally, &ledger).await;
    tally.settled = begun.elapsed() - tally.raged;
    world.end(&mut tally).await;
    tally
}
