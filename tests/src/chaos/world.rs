//! All that runs: the broker behind its proxy, the processes, and Postgres where they are on it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use provision::postgres::PostgresServer;
use tempfile::TempDir;
use testkit::NatsServer;

use super::Plan;
use super::member::Member;
use super::proxy::{Line, Proxy};
use super::tally::Tally;

/// Where the services keep their data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Store {
    /// One process, `ensue up`, with a file for each service.
    Sqlite,
    /// Three processes that share a cluster; two of them serve inventory.
    Postgres,
}

/// How long all may take until they are ready.
const READY: Duration = Duration::from_secs(90);

/// In this order: the processes end before what they stand on.
pub(super) struct World {
    pub(super) members: Vec<Member>,
    /// Stopped for good; their logs are still looked at.
    retired: Vec<Member>,
    proxy: Proxy,
    nats: NatsServer,
    nats_runs: bool,
    pub(super) postgres: Option<PostgresServer>,
    folder: Option<TempDir>,
    talkative: bool,
    begun: Instant,
}

impl World {
    /// Starts everything and waits for `ready`.
    pub(super) async fn start(plan: &Plan) -> Self {
        let nats = NatsServer::start().await;
        let address = nats.url().trim_start_matches("nats://").parse().expect("an address");
        let proxy = Proxy::start(address).await;
        let folder = tempfile::Builder::new().prefix("ensue-chaos-").tempdir().expect("a folder");
        let (store, postgres) = match plan.store {
            Store::Sqlite => ("sqlite", None),
            Store::Postgres => ("postgres", Some(PostgresServer::start().expect("a Postgres cluster"))),
        };
        let mut settings = vec![
            ("ENSUE__NATS__URL", proxy.url()),
            ("ENSUE__DATA_DIR", folder.path().join("data").display().to_string()),
            ("ENSUE__STORE__BACKEND", store.to_owned()),
            ("ENSUE__TELEMETRY__LOG_FORMAT", "text".to_owned()),
            // Short enough that time-outs happen within a run.
            ("ENSUE__PAYMENTS__TIMEOUT_MS", "300".to_owned()),
        ];
        settings.extend(postgres.as_ref().map(|server| ("ENSUE__STORE__POSTGRES_URL", server.url())));
        let settings: Vec<_> = settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let member = |name, arguments: &[&'static str]| Member::new(name, arguments, &plan.binary, folder.path(), settings.clone());
        let members = match plan.store {
            Store::Sqlite => vec![member("up", &["up"])],
            // The provider's ledger is one process's; everything else may be anywhere.
            Store::Postgres => vec![
                member("one", &["serve", "orders", "payments", "events"]),
                member("two", &["serve", "inventory", "shipping"]),
                member("three", &["serve", "inventory", "notifications"]),
            ],
        };
        let talkative = plan.talkative;
        let mut world = Self {
            members,
            retired: Vec::new(),
            proxy,
            nats,
            nats_runs: true,
            postgres,
            folder: Some(folder),
            talkative,
            begun: Instant::now(),
        };
        world.members.iter_mut().for_each(Member::start);
        world.all_ready(&mut Tally::of(plan)).await.expect("a system that starts");
        world
    }

    /// Where orders are placed, and where products are made.
    pub(super) fn front_doors(&self) -> (String, String) {
        let inventory = self.members.get(1).unwrap_or(&self.members[0]);
        (self.members[0].url(), inventory.url())
    }

    pub(super) fn nats(&self) -> &NatsServer {
        &self.nats
    }

    pub(super) fn line(&self, line: Line) {
        self.proxy.set(line);
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.as_ref().expect("a folder until the end").path()
    }

    /// A line about what happens, with the seconds since the start.
    pub(super) fn say(&self, text: &str) {
        if self.talkative {
            eprintln!("chaos {:6.1} s  {text}", self.begun.elapsed().as_secs_f64());
        }
    }

    pub(super) fn kill_nats(&mut self) {
        if std::mem::take(&mut self.nats_runs) {
            self.nats.kill();
        }
    }

    pub(super) async fn start_nats(&mut self) {
        if !self.nats_runs {
            self.nats.restart().await;
            self.nats_runs = true;
        }
    }

    /// Starts those again that ended by themselves, as a supervisor would. Ending while it starts is allowed: the broker may be away.
    pub(super) fn tend(&mut self, tally: &mut Tally) {
        for member in &mut self.members {
            let Some(ended) = member.ended() else { continue };
            tally.gave_up += 1;
            if ended.was_ready {
                tally.violations.push(format!("process {} ended by itself while it ran: {}", member.name, ended.how));
            }
            member.start();
        }
    }

    /// Everything is there and connected again; nothing more is done to it.
    pub(super) async fn calm(&mut self, tally: &mut Tally) {
        self.say("calm");
        self.line(Line::Open);
        self.start_nats().await;
        if let Err(why) = self.all_ready(tally).await {
            tally.violations.push(why);
        }
    }

    pub(super) async fn all_ready(&mut self, tally: &mut Tally) -> Result<(), String> {
        let deadline = Instant::now() + READY;
        while !self.members.iter().all(Member::is_ready) {
            self.tend(tally);
            if Instant::now() > deadline {
                let late: Vec<_> = self.members.iter().filter(|member| !member.is_ready()).map(|member| member.name).collect();
                return Err(format!("not ready within {READY:?}: {}\n{}", late.join(", "), tail(&self.members[0].log())));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// On Postgres all services go into one process, in an orderly way, so that `ensue check` has one to ask.
    pub(super) async fn gather(&mut self, plan: &Plan, tally: &mut Tally) {
        if plan.store == Store::Sqlite {
            return;
        }
        for member in &mut self.members {
            if !member.stop().await {
                tally.violations.push(format!("process {} did not stop in order", member.name));
            }
        }
        let all = self.members[0].again_as("all", &["up"]);
        self.retired.append(&mut self.members);
        self.members.push(all);
        self.members[0].start();
        if let Err(why) = self.all_ready(tally).await {
            tally.violations.push(why);
        }
    }

    /// Stops all. After violations the folder stays, with a copy of the broker's store beside the services' data.
    pub(super) async fn end(mut self, tally: &mut Tally) {
        for member in self.members.iter().chain(&self.retired) {
            if let Some(line) = member.log().lines().find(|line| line.contains("panicked at")) {
                tally.violations.push(format!("process {}: {line}", member.name));
            }
        }
        for member in &mut self.members {
            if !member.stop().await {
                tally.violations.push(format!("process {} did not stop in order", member.name));
            }
        }
        if !tally.is_clean() {
            self.nats.copy_store(&self.folder().join("nats"));
            let kept: PathBuf = self.folder.take().expect("a folder until the end").keep();
            tally.evidence = Some(kept);
        }
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
