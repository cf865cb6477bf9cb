//! The run: servers, input, loops in processes of their own, progress on stderr.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use store::Place;
use tempfile::TempDir;
use testkit::NatsServer;
use testkit::otlp::Otlp;
use testkit::postgres::{PostgresServer, TestDatabase, fresh_database};
use tokio::process::Command;

use crate::figures::thousands;
use crate::plan::{self, Rung, Size};
use crate::spec::{Database, Measured, Spec};
use crate::{input, long, report};

/// What one loop may take at most.
const PATIENCE: Duration = Duration::from_secs(300);

/// What was asked for.
pub(crate) struct Wish {
    pub(crate) binary: PathBuf,
    pub(crate) quick: bool,
    pub(crate) only: Vec<String>,
    pub(crate) out: PathBuf,
}

/// What was measured, by rung, round by round.
pub(crate) type Results = BTreeMap<String, Vec<Measured>>;

/// Runs the ladder and writes it down.
pub(crate) async fn all(wish: &Wish) -> Result<()> {
    let binary = wish.binary.canonicalize().with_context(|| format!("{}: build it with `cargo build --release`", wish.binary.display()))?;
    let size = Size::of(wish.quick);
    let mut rungs = plan::rungs(size, binary);
    rungs.retain(|rung| wish.only.is_empty() || wish.only.iter().any(|start| rung.name.starts_with(start.as_str())));
    ensure!(!rungs.is_empty(), "no rung begins with {}", wish.only.join(" or "));
    let servers = Servers::start().await?;
    let begun = Instant::now();
    let mut total: usize = rungs.iter().map(|rung| rung.rounds).sum();
    let (mut results, mut done, mut failed) = (Results::new(), 0, Vec::new());
    for group in groups(&rungs) {
        for rung in group.iter().filter(|rung| rung.long) {
            servers.long(rung.spec.database).await?;
        }
        for round in 1..=group.iter().map(|rung| rung.rounds).max().unwrap_or_default() {
            let mut turn: Vec<&&Rung> = group.iter().filter(|rung| round <= rung.rounds && !failed.contains(&rung.name)).collect();
            // To be first or last may be an advantage.
            if round % 2 == 0 {
                turn.reverse();
            }
            for rung in turn {
                done += 1;
                let left = begun.elapsed().as_secs_f64() / done as f64 * (total - done) as f64 / 60.0;
                eprint!("[{done:>3}/{total}, {left:>2.0} min left] round {round}  {:<45}", rung.name);
                match servers.run(rung).await {
                    Ok(measured) => {
                        eprintln!("{:>9}/s  {:>5.1} CPU s/100,000", thousands(measured.rate()), measured.cpu_per_100k());
                        results.entry(rung.name.clone()).or_default().push(measured);
                    }
                    Err(error) => {
                        // A ratio is taken round by round: rounds must not be missing in between.
                        eprintln!("FAILED, and not run again: {error:#}");
                        results.remove(&rung.name);
                        failed.push(rung.name.clone());
                        total -= rung.rounds - round;
                    }
                }
            }
        }
    }
    let order: Vec<String> = rungs.iter().map(|rung| rung.name.clone()).collect();
    report::write(&wish.out, size, &order, &results, &failed, begun.elapsed() - servers.preparing.get())?;
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// Rungs that share an input run together, round by round; so do the others of one letter.
fn groups(rungs: &[Rung]) -> Vec<Vec<&Rung>> {
    let mut groups: Vec<Vec<&Rung>> = Vec::new();
    let place = |rung: &Rung| (rung.name.split('/').next().unwrap_or_default().to_owned(), if rung.reads { rung.spec.keys } else { 0 });
    for rung in rungs {
        match groups.last_mut().filter(|group| group.first().is_some_and(|first| place(first) == place(rung))) {
            Some(group) => group.push(rung),
            None => groups.push(vec![rung]),
        }
    }
    groups
}

/// What all loops stand on.
struct Servers {
    nats: NatsServer,
    /// Before its server, which it needs for its own end.
    long: RefCell<HashMap<Database, (String, Option<TestDatabase>)>>,
    postgres: PostgresServer,
    collector: Otlp,
    kept: TempDir,
    filled: Cell<Option<(u64, u64)>>,
    /// What was spent on making them.
    preparing: Cell<Duration>,
}

impl Servers {
    async fn start() -> Result<Self> {
        let postgres = tokio::task::spawn_blocking(PostgresServer::start).await??;
        let kept = tempfile::Builder::new().prefix("ensue-bench-kept-").tempdir()?;
        Ok(Self {
            nats: NatsServer::start().await,
            postgres,
            collector: Otlp::start().await?,
            kept,
            filled: Cell::default(),
            long: RefCell::default(),
            preparing: Cell::default(),
        })
    }

    /// A store with a long log, made when the first loop asks for it: a folder or a URL.
    async fn long(&self, database: Database) -> Result<String> {
        if let Some((at, _)) = self.long.borrow().get(&database) {
            return Ok(at.clone());
        }
        let begun = Instant::now();
        eprintln!();
        let (place, at, held) = match database {
            Database::Sqlite => {
                let folder = self.kept.path().join("long");
                let at = folder.display().to_string();
                (Place::Sqlite { folder }, at, None)
            }
            Database::Postgres => {
                let held = fresh_database(&self.postgres.url()).await;
                (Place::Postgres { url: held.url(), prefix: String::new() }, held.url(), Some(held))
            }
        };
        long::make(&place).await.context("a long log")?;
        self.preparing.set(self.preparing.get() + begun.elapsed());
        self.long.borrow_mut().insert(database, (at.clone(), held));
        Ok(at)
    }

    /// One loop in a process of its own.
    async fn run(&self, rung: &Rung) -> Result<Measured> {
        let spec = Spec {
            nats: self.nats.url(),
            postgres: self.postgres.url(),
            collector: self.collector.endpoint().to_owned(),
            kept: self.kept.path().to_owned(),
            prepared: if rung.long { Some(self.long(rung.spec.database).await?) } else { None },
            ..rung.spec.clone()
        };
        let wanted = Some((spec.events, spec.keys));
        if rung.reads && self.filled.get() != wanted {
            input::fill(&spec.nats, spec.events, spec.keys).await.context("the input")?;
            self.filled.set(wanted);
        }
        if !rung.reads {
            // It may use the same streams.
            self.filled.set(None);
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--one").arg(serde_json::to_string(&spec)?).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await.context("takes too long")??;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("{}", said.lines().rev().take(5).collect::<Vec<_>>().join(" | "));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(text.lines().last().unwrap_or_default()).context("its answer")
    }
}
