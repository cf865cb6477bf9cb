//! What goes wrong, and when: drawn from the seed, one after the other, some of them at once.

use std::time::{Duration, Instant};

use async_nats::jetstream;
use futures::TryStreamExt as _;
use messaging::{INGEST, Kind, stream_of};

use super::Plan;
use super::proxy::Line;
use super::tally::Tally;
use super::traffic::Traffic;
use super::world::World;

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    KillService,
    KillAllServices,
    PauseService,
    KillNats,
    PauseNats,
    KillNatsAndService,
    WipeNats,
    DeleteStream,
    PurgeStream,
    CutLine,
    SilentLine,
    KillPostgres,
}

use Fault::*;

/// With how often each comes among all.
const FAULTS: &[(Fault, u32)] = &[
    (KillService, 8),
    (KillAllServices, 2),
    (PauseService, 3),
    (KillNats, 4),
    (PauseNats, 2),
    (KillNatsAndService, 2),
    (WipeNats, 2),
    (DeleteStream, 3),
    (PurgeStream, 3),
    (CutLine, 3),
    (SilentLine, 2),
    (KillPostgres, 3),
];

impl Fault {
    fn name(self) -> &'static str {
        match self {
            KillService => "service killed",
            KillAllServices => "all services killed",
            PauseService => "service paused",
            KillNats => "broker killed",
            PauseNats => "broker paused",
            KillNatsAndService => "broker and service killed",
            WipeNats => "broker's volume wiped",
            DeleteStream => "stream deleted",
            PurgeStream => "stream purged",
            CutLine => "connections cut",
            SilentLine => "connections silent",
            KillPostgres => "Postgres killed",
        }
    }

    fn draw(chance: &mut fastrand::Rng, with_postgres: bool) -> Self {
        loop {
            let mut drawn = chance.u32(0..FAULTS.iter().map(|(_, weight)| weight).sum());
            for (fault, weight) in FAULTS {
                match drawn.checked_sub(*weight) {
                    Some(rest) => drawn = rest,
                    None if *fault == KillPostgres && !with_postgres => break,
                    None => return *fault,
                }
            }
        }
    }
}

/// Faults until the time is over. Returns with everything started that was killed, though perhaps not ready.
pub(super) async fn rage(plan: &Plan, world: &mut World, tally: &mut Tally, traffic: &Traffic) {
    let mut chance = fastrand::Rng::with_seed(plan.seed ^ 0xfa17);
    let client = async_nats::ConnectOptions::new().retry_on_initial_connect().connect(world.nats().url()).await.expect("an address");
    let (begun, mut told) = (Instant::now(), Instant::now());
    while begun.elapsed() < plan.lasting {
        pause(&mut chance, 300, 2_500).await;
        world.tend(tally);
        let fault = Fault::draw(&mut chance, world.postgres.is_some());
        *tally.faults.entry(fault.name()).or_default() += 1;
        strike(fault, world, tally, &mut chance, &client).await;
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            world.say(&format!("{} faults, {} SIGKILLs, {}", tally.faults.values().sum::<u32>(), tally.kills, traffic.progress()));
        }
    }
}

async fn strike(fault: Fault, world: &mut World, tally: &mut Tally, chance: &mut fastrand::Rng, client: &async_nats::Client) {
    let member = chance.usize(0..world.members.len());
    match fault {
        KillService => {
            world.say(&format!("{}: {}", fault.name(), world.members[member].name));
            tally.kills += 1;
            world.members[member].kill().await;
            pause(chance, 0, 1_500).await;
            world.members[member].start();
            // Half of the time it is hit again on its way up.
            if chance.bool() {
                let _ = tokio::time::timeout(Duration::from_secs(5), world.all_ready(tally)).await;
            }
        }
        KillAllServices => {
            world.say(fault.name());
            for member in &mut world.members {
                member.kill().await;
                tally.kills += 1;
            }
            pause(chance, 0, 1_500).await;
            world.members.iter_mut().for_each(|member| member.start());
        }
        PauseService => {
            world.say(&format!("{}: {}", fault.name(), world.members[member].name));
            world.members[member].pause();
            pause(chance, 1_000, 5_000).await;
            world.members[member].resume();
        }
        KillNats | WipeNats => {
            world.say(fault.name());
            tally.kills += 1;
            world.kill_nats();
            if fault == WipeNats {
                world.nats().wipe_store();
            }
            pause(chance, 0, 3_000).await;
            world.start_nats().await;
        }
        PauseNats => {
            world.say(fault.name());
            world.nats().pause();
            pause(chance, 1_000, 5_000).await;
            world.nats().resume();
        }
        KillNatsAndService => {
            world.say(&format!("{}: {}", fault.name(), world.members[member].name));
            tally.kills += 2;
            world.kill_nats();
            world.members[member].kill().await;
            pause(chance, 0, 1_000).await;
            world.members[member].start(); // before the broker: it may have to give up and be started again
            pause(chance, 0, 1_000).await;
            world.start_nats().await;
        }
        DeleteStream | PurgeStream => {
            let Some(name) = stream(chance, client).await else { return world.say(&format!("{}: none is there", fault.name())) };
            let context = jetstream::new(client.clone());
            let done = if fault == DeleteStream {
                context.delete_stream(&name).await.is_ok()
            } else {
                match context.get_stream_no_info(&name).await {
                    Ok(stream) => stream.purge().await.is_ok(),
                    Err(_) => false,
                }
            };
            world.say(&format!("{}: {name}{}", fault.name(), if done { "" } else { " (no answer)" }));
        }
        CutLine | SilentLine => {
            world.say(fault.name());
            world.line(if fault == CutLine { Line::Cut } else { Line::Silent });
            pause(chance, 500, 5_000).await;
            world.line(Line::Open);
        }
        KillPostgres => {
            world.say(fault.name());
            tally.kills += 1;
            let Some(mut postgres) = world.postgres.take() else { return };
            postgres.kill().expect("a running Postgres");
            pause(chance, 0, 2_000).await;
            let started = tokio::task::spawn_blocking(move || postgres.restart().map(|()| postgres));
            world.postgres = Some(started.await.expect("a start").expect("Postgres started again"));
        }
    }
}

/// One of those that are there, never `INGEST`: what nobody adopted yet is in no store.
async fn stream(chance: &mut fastrand::Rng, client: &async_nats::Client) -> Option<String> {
    let context = jetstream::new(client.clone());
    let names = tokio::time::timeout(Duration::from_secs(2), context.stream_names().try_collect::<Vec<String>>()).await.ok()?.ok()?;
    let mut names: Vec<String> = names.into_iter().filter(|name| name != INGEST).collect();
    names.sort();
    // Most of the time one with traffic on it.
    let busy = [
        stream_of(Kind::Event, "order"),
        stream_of(Kind::Event, "inventory"),
        stream_of(Kind::Event, "payment"),
        stream_of(Kind::Command, "inventory"),
        stream_of(Kind::Command, "payments"),
    ];
    let wanted = &busy[chance.usize(0..busy.len())];
    let other = chance.usize(0..names.len().max(1));
    if chance.u32(0..3) > 0 && names.contains(wanted) { Some(wanted.clone()) } else { names.get(other).cloned() }
}

async fn pause(chance: &mut fastrand::Rng, from_ms: u64, to_ms: u64) {
    tokio::time::sleep(Duration::from_millis(chance.u64(from_ms..=to_ms))).await;
}
