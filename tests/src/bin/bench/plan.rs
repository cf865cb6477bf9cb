//! The ladder: which loops run, under which conditions, and which of them are set against each other.

use std::path::PathBuf;

use crate::spec::{Database, Spec, What};

/// One loop of the ladder.
#[derive(Clone, Debug)]
pub(crate) struct Rung {
    pub(crate) name: String,
    pub(crate) spec: Spec,
    /// Reads the input stream, with so many keys and events in it.
    pub(crate) reads: bool,
    /// Its own: what takes long runs once.
    pub(crate) rounds: usize,
    /// Over a store whose log is long already.
    pub(crate) long: bool,
}

/// A target: one loop against another, or a bound on one.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) measure: Compare,
    pub(crate) wanted: f64,
    /// What the control that comes nearest gives, in the same terms.
    pub(crate) by_hand: Option<Compare>,
}

/// How a target is measured.
#[derive(Clone, Debug)]
pub(crate) enum Compare {
    /// Events a second of one ÷ those of the other; of several others, the slowest.
    Ratio(String, Vec<String>),
    /// At most so many processor seconds for 100,000 events.
    Cpu(String),
    /// At least so many a second.
    Rate(String),
    /// At most so many milliseconds at this percentile.
    Latency(String, f64),
}

/// How much is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Of most loops.
    pub(crate) rounds: usize,
    /// Of loops that differ by less than the machine does from one moment to the next.
    more_rounds: usize,
    keys: &'static [u64],
    batched: u64,
    singly: u64,
    slowly: u64,
    seconds: u64,
    replayed: u64,
}

impl Size {
    /// On SQLite the handler per event is as quick as the one of batches: with fewer events half a second would be all that is measured.
    fn per_event(self, database: Database) -> u64 {
        match database {
            Database::Sqlite => self.batched,
            Database::Postgres => self.singly,
        }
    }

    pub(crate) fn of(quick: bool) -> Self {
        if quick {
            Self { rounds: 1, more_rounds: 1, keys: &[1_000], batched: 30_000, singly: 10_000, slowly: 2_000, seconds: 4, replayed: 0 }
        } else {
            Self {
                rounds: 3,
                more_rounds: 5,
                keys: &[1, 16, 1_000, 20_000],
                batched: 50_000,
                singly: 20_000,
                slowly: 4_000,
                seconds: 10,
                replayed: 1_000_000,
            }
        }
    }
}

/// The key count at which a loop is measured that does not depend on it.
const KEYS: u64 = 1_000;

struct Ladder {
    rungs: Vec<Rung>,
    rounds: usize,
    binary: PathBuf,
}

impl Ladder {
    fn add(&mut self, name: String, what: What, database: Database, set: impl FnOnce(&mut Spec)) -> &mut Rung {
        let mut spec = Spec {
            what,
            database,
            events: 0,
            keys: KEYS,
            batch: 256,
            load: 0,
            traced: false,
            one_writer: false,
            all_events: false,
            nats: String::new(),
            postgres: String::new(),
            collector: String::new(),
            binary: self.binary.clone(),
            kept: PathBuf::new(),
            prepared: None,
        };
        set(&mut spec);
        let reads = matches!(
            what,
            What::RawFetch
                | What::RawPlain
                | What::RawSame
                | What::RawInbox
                | What::RawEach
                | What::Reading
                | What::Repeats
                | What::Batch
                | What::Each
                | What::Foreign
        );
        self.rungs.push(Rung { name, spec, reads, rounds: self.rounds, long: false });
        self.rungs.last_mut().expect("just pushed")
    }
}

/// All rungs, those next to each other that are compared.
pub(crate) fn rungs(size: Size, binary: PathBuf) -> Vec<Rung> {
    let mut ladder = Ladder { rungs: Vec::new(), rounds: size.rounds, binary };
    let sqlite = Database::Sqlite;
    for (name, what) in
        [("fetch+ack by hand", What::RawFetch), ("Ensue's reader", What::Reading), ("Ensue's consumer, all repeats", What::Repeats)]
    {
        ladder.add(format!("0/{name}"), what, sqlite, |spec| spec.events = size.batched * 2);
    }
    ladder.add("a/publish by hand".to_owned(), What::RawPublish, sqlite, |spec| spec.events = size.batched);
    for database in Database::BOTH {
        ladder.add(format!("a/{}/append by hand", database.name()), What::RawAppend, database, |spec| spec.events = size.batched);
        ladder
            .add(format!("a/{}/append and publish by hand", database.name()), What::RawRelay, database, |spec| spec.events = size.batched);
        ladder.add(format!("a/{}/relay", database.name()), What::Relay, database, |spec| spec.events = size.batched);
    }
    ladder.add("a/sqlite/relay, and ALL_EVENTS".to_owned(), What::Relay, sqlite, |spec| {
        (spec.events, spec.all_events) = (size.batched, true);
    });
    for (list, events) in [(1, size.slowly), (100, size.singly * 2), (1_000, size.singly * 2)] {
        ladder.add(format!("a/PublishEvents of {list}"), What::Publishing, sqlite, |spec| {
            (spec.events, spec.batch, spec.load) = (events, list, 4);
        });
    }
    for &keys in size.keys {
        for database in Database::BOTH {
            let name = |loop_: &str| format!("b/{}/{keys} keys/{loop_}", database.name());
            let mut add = |loop_: &str, what, batch, set: fn(&mut Spec)| {
                ladder.add(name(loop_), what, database, |spec| {
                    (spec.events, spec.keys, spec.batch) = (size.batched, keys, batch);
                    set(spec);
                });
            };
            add("same tables by hand 256", What::RawSame, 256, |_| ());
            add("Ensue batch 256", What::Batch, 256, |_| ());
            if keys != KEYS {
                continue;
            }
            add("plain by hand 256", What::RawPlain, 256, |_| ());
            add("foreign by hand 256", What::RawInbox, 256, |_| ());
            add("Ensue foreign 256", What::Foreign, 256, |_| ());
            add("same tables by hand 1000", What::RawSame, 1_000, |_| ());
            add("Ensue batch 1000", What::Batch, 1_000, |_| ());
            if database == Database::Postgres {
                add("Ensue batch 4000", What::Batch, 4_000, |_| ());
                add("one writer by hand 256", What::RawSame, 256, |spec| spec.one_writer = true);
            }
        }
        for database in Database::BOTH {
            let name = |loop_: &str| format!("b/{}/{keys} keys/{loop_}", database.name());
            ladder.add(name("one by one by hand"), What::RawEach, database, |spec| {
                (spec.events, spec.keys, spec.load, spec.batch) = (size.slowly, keys, 64, 64);
            });
            let events = size.per_event(database);
            ladder.add(name("Ensue per event"), What::Each, database, |spec| (spec.events, spec.keys) = (events, keys));
        }
    }
    for database in Database::BOTH {
        for (loop_, traced) in [("Ensue batch 256", false), ("Ensue batch 256, traced", true)] {
            let rung = ladder.add(format!("t/{}/{loop_}", database.name()), What::Batch, database, |spec| {
                (spec.events, spec.traced) = (size.batched, traced);
            });
            rung.rounds = size.more_rounds;
        }
    }
    ladder.add("d/one SQLite commit a call by hand".to_owned(), What::RawCommit, sqlite, |spec| spec.events = size.slowly);
    ladder.add("d/by hand without gRPC, 64 callers".to_owned(), What::RawCommits, sqlite, |spec| {
        (spec.events, spec.load) = (size.singly, 64);
    });
    for callers in [1, 16, 64] {
        ladder.add(format!("d/gRPC commands, {callers} callers"), What::Calls, sqlite, |spec| {
            (spec.events, spec.load) = (if callers == 1 { size.slowly / 2 } else { size.singly }, callers);
        });
    }
    ladder.add("d/gRPC refusals, 64 callers".to_owned(), What::Refusals, sqlite, |spec| (spec.events, spec.load) = (size.singly, 64));
    for load in [64, 256] {
        for (loop_, what) in [("orders by hand without gRPC and saga", What::RawOrders), ("orders", What::Orders)] {
            ladder.add(format!("e/{loop_}, {load} under way"), what, sqlite, |spec| (spec.events, spec.load) = (size.slowly / 2, load));
        }
    }
    for rate in [50, 200] {
        ladder.add(format!("e/orders at {rate} a second"), What::OrderLatency, sqlite, |spec| {
            (spec.events, spec.load) = (rate * size.seconds, rate)
        });
    }
    for database in Database::BOTH {
        for (loop_, what) in [("event to effect by hand", What::RawLatency), ("event to effect", What::EventLatency)] {
            ladder.add(format!("f/{}/{loop_} at 100 a second", database.name()), what, database, |spec| {
                (spec.events, spec.load, spec.one_writer) = (100 * size.seconds, 100, what == What::RawLatency);
            });
        }
    }
    if size.replayed > 0 {
        for (name, database, load) in [
            ("sqlite/replay from the stream", sqlite, 0),
            ("sqlite/replay from the log", sqlite, 1),
            ("postgres/replay from the stream", Database::Postgres, 0),
        ] {
            let rung = ladder.add(format!("g/{name}"), What::Replay, database, |spec| {
                (spec.events, spec.load, spec.batch) = (size.replayed, load, 256);
            });
            rung.rounds = 1;
        }
    }
    if size.replayed > 0 {
        for database in Database::BOTH {
            for (loop_, what, batch, events) in [
                ("Ensue batch 256", What::Batch, 256, size.batched),
                ("Ensue foreign 256", What::Foreign, 256, size.batched),
                ("Ensue batch 1000", What::Batch, 1_000, size.batched),
                ("Ensue per event", What::Each, 256, size.per_event(database)),
            ] {
                for (log, long) in [("empty log", false), ("10 million rows", true)] {
                    let rung = ladder.add(format!("h/{}/{loop_}, {log}", database.name()), what, database, |spec| {
                        (spec.events, spec.batch) = (events, batch);
                    });
                    rung.long = long;
                }
            }
        }
    }
    ladder.rungs
}

struct Targets(Vec<Target>);

impl Targets {
    fn add(&mut self, what: String, measure: Compare, wanted: f64) -> &mut Target {
        self.0.push(Target { what, measure, wanted, by_hand: None });
        self.0.last_mut().expect("just pushed")
    }
}

/// The table of issue 5, "it must show".
pub(crate) fn targets(size: Size) -> Vec<Target> {
    let mut targets = Targets(Vec::new());
    let ratio = |one: &str, others: &[&str]| Compare::Ratio(one.to_owned(), others.iter().map(|other| (*other).to_owned()).collect());
    for database in Database::BOTH {
        let name = database.name();
        let (plain, each, own) = match database {
            Database::Postgres => (1.0, 2.0, 1.1),
            Database::Sqlite => (0.9, 12.0, 1.05),
        };
        for keys in size.keys {
            let of = |loop_: &str| format!("b/{name}/{keys} keys/{loop_}");
            let at = format!("{name}, {keys} keys");
            targets.add(
                format!("batch handler ÷ same tables by hand ({at})"),
                ratio(&of("Ensue batch 256"), &[&of("same tables by hand 256")]),
                0.9,
            );
            let cpu = |loop_: &str| Compare::Cpu(of(loop_));
            targets.add(format!("its CPU s per 100,000 ({at})"), cpu("Ensue batch 256"), 4.0).by_hand =
                Some(cpu("same tables by hand 256"));
            let one_by_one = |loop_: &str| ratio(&of(loop_), &[&of("one by one by hand")]);
            let batches = one_by_one("same tables by hand 256");
            targets.add(format!("per event ÷ one by one by hand ({at})"), one_by_one("Ensue per event"), each).by_hand = Some(batches);
        }
        // Beside each other: over a run of twenty minutes the machine itself changes by more than a tenth.
        let long = |loop_: &str| ratio(&format!("h/{name}/{loop_}, 10 million rows"), &[&format!("h/{name}/{loop_}, empty log")]);
        let at = format!("{name}, {KEYS} keys");
        let of = |loop_: &str| format!("b/{name}/{KEYS} keys/{loop_}");
        targets.add(format!("foreign ÷ foreign by hand ({at})"), ratio(&of("Ensue foreign 256"), &[&of("foreign by hand 256")]), 0.9);
        targets.add(format!("own log ÷ foreign ({at})"), ratio(&of("Ensue batch 256"), &[&of("Ensue foreign 256")]), own);
        let (larger, batch) = match database {
            Database::Postgres => ("4,000", "Ensue batch 4000"),
            Database::Sqlite => ("1,000", "Ensue batch 1000"),
        };
        targets.add(format!("batch of {larger} ÷ plain by hand 256 ({at})"), ratio(&of(batch), &[&of("plain by hand 256")]), plain);
        let relay = |loop_: &str| ratio(&format!("a/{name}/{loop_}"), &["a/publish by hand", &format!("a/{name}/append by hand")]);
        let by_hand = relay("append and publish by hand");
        targets.add(format!("relay ÷ slower of publish and append by hand ({name})"), relay("relay"), 0.7).by_hand = Some(by_hand);
        let traced = ratio(&format!("t/{name}/Ensue batch 256, traced"), &[&format!("t/{name}/Ensue batch 256")]);
        targets.add(format!("traced 1 % ÷ not ({name})"), traced, 0.95);
        for loop_ in ["Ensue batch 256", "Ensue foreign 256", "Ensue batch 1000", "Ensue per event"] {
            targets.add(format!("10 million rows in the log ÷ none: {loop_} ({name})"), long(loop_), 0.9);
        }
        for (percent, wanted) in [(50.0, 5.0), (99.0, 25.0)] {
            let of = |loop_: &str| Compare::Latency(format!("f/{name}/event to effect{loop_} at 100 a second"), percent);
            targets.add(format!("event to effect p{percent:.0}, ms ({name})"), of(""), wanted).by_hand = Some(of(" by hand"));
        }
    }
    targets.add("reader ÷ fetch+ack by hand".to_owned(), ratio("0/Ensue's reader", &["0/fetch+ack by hand"]), 0.8);
    targets.add(
        "consumer of repeats ÷ fetch+ack by hand".to_owned(),
        ratio("0/Ensue's consumer, all repeats", &["0/fetch+ack by hand"]),
        0.8,
    );
    let commits = |loop_: &str| ratio(loop_, &["d/one SQLite commit a call by hand"]);
    let without_grpc = commits("d/by hand without gRPC, 64 callers");
    targets.add("64 callers ÷ one SQLite commit a call".to_owned(), commits("d/gRPC commands, 64 callers"), 6.0).by_hand =
        Some(without_grpc);
    let orders = |loop_: &str| Compare::Rate(format!("e/orders{loop_}, 256 under way"));
    targets.add("whole orders a second".to_owned(), orders(""), 300.0).by_hand = Some(orders(" by hand without gRPC and saga"));
    targets.add("placed to confirmed p99 at 50/s, ms".to_owned(), Compare::Latency("e/orders at 50 a second".to_owned(), 99.0), 250.0);
    targets.0
}
