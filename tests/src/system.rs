//! `ensue up` as a process: started, killed and started again on the same data and the same port.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use provision::Guard;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use testkit::NatsServer;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::clients::Clients;
use crate::run::Ran;

/// How long a start and an orderly end may take.
const START: Duration = Duration::from_secs(30);

/// A system that is not started yet.
pub struct Setup {
    binary: PathBuf,
    arguments: Vec<String>,
    settings: Vec<(String, String)>,
    ground: Option<(Arc<NatsServer>, Arc<TempDir>)>,
}

/// The binary running everything, with a broker and a folder of its own; gone with the test.
pub struct System {
    // In this order: the process ends before what it stands on.
    running: Option<Running>,
    nats: Arc<NatsServer>,
    data: Arc<TempDir>,
    binary: PathBuf,
    arguments: Vec<String>,
    settings: Vec<(String, String)>,
    url: String,
    metrics: String,
    /// From the start of the process to `ready`.
    took: Duration,
}

struct Running {
    process: Child,
    _stdout: Lines<BufReader<ChildStdout>>,
    /// Ends the process when the test is killed.
    _guard: Guard,
}

impl Setup {
    /// With a setting: `set("payments.timeout_ms", 60000)`.
    pub fn set(mut self, key: &str, value: impl ToString) -> Self {
        let variable = format!("ENSUE__{}", key.to_ascii_uppercase().replace('.', "__"));
        self.settings.push((variable, value.to_string()));
        self
    }

    /// With these services only: `ensue serve …` in place of `ensue up`.
    pub fn serving(mut self, services: &[&str]) -> Self {
        self.arguments = ["serve"].iter().chain(services).map(|word| (*word).to_owned()).collect();
        self
    }

    /// On the broker and the data of another system, whose services are others.
    pub fn beside(mut self, other: &System) -> Self {
        self.ground = Some((other.nats.clone(), other.data.clone()));
        self
    }

    /// On a broker and a folder (its data in `data`) that somebody else left behind.
    pub fn on(mut self, nats: NatsServer, folder: TempDir) -> Self {
        self.ground = Some((Arc::new(nats), Arc::new(folder)));
        self
    }

    /// Starts a broker, then `ensue up`, and waits for `ready`.
    ///
    /// # Panics
    /// When it does not get there; its log is in the message.
    pub async fn start(self) -> System {
        let (nats, data) = match self.ground {
            Some(shared) => shared,
            None => {
                let data = tempfile::Builder::new().prefix("ensue-system-").tempdir().expect("a folder");
                (Arc::new(NatsServer::start().await), Arc::new(data))
            }
        };
        let none = String::new;
        let mut system = System {
            running: None,
            nats,
            data,
            binary: self.binary,
            arguments: self.arguments,
            settings: self.settings,
            url: none(),
            metrics: none(),
            took: Duration::ZERO,
        };
        system.start().await;
        system
    }
}

impl System {
    /// Of this binary.
    pub fn of(binary: impl AsRef<Path>) -> Setup {
        Setup { binary: binary.as_ref().to_owned(), arguments: vec!["up".to_owned()], settings: Vec::new(), ground: None }
    }

    /// Starts it again, after a kill or a stop: same data, same broker, same port.
    ///
    /// # Panics
    /// When it runs, or does not start.
    pub async fn start(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let begun = Instant::now();
        let mut command = self.command(&self.arguments);
        command.stdout(Stdio::piped()).stderr(File::options().create(true).append(true).open(self.log_file()).expect("a log"));
        let mut process = command.spawn().expect("the binary");
        let id = process.id().expect("a process");
        let guard = Guard::terminates(id).expect("a guard");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let ready = tokio::time::timeout(START, async {
            while let Some(line) = lines.next_line().await.expect("its output") {
                match line.split_once(char::is_whitespace).map(|(word, rest)| (word, rest.trim())) {
                    Some(("gRPC", url)) => self.url = url.to_owned(),
                    Some(("metrics", url)) => self.metrics = url.to_owned(),
                    None if line == "ready" => return true,
                    _ => {}
                }
            }
            false
        });
        assert_eq!(ready.await, Ok(true), "not ready:\n{}", self.log());
        self.took = begun.elapsed();
        self.running = Some(Running { process, _stdout: lines, _guard: guard });
    }

    /// SIGKILL, as a power cut does it to a process.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn kill(&mut self) {
        let mut running = self.running.take().expect("a running process");
        running.process.kill().await.expect("SIGKILL");
    }

    /// SIGTERM, and its exit code.
    ///
    /// # Panics
    /// When it does not run, or does not end.
    pub async fn stop(&mut self) -> Option<i32> {
        let mut running = self.running.take().expect("a running process");
        let pid = i32::try_from(running.process.id().expect("a process")).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, Signal::TERM).expect("SIGTERM");
        let ended = tokio::time::timeout(START, running.process.wait()).await;
        ended.unwrap_or_else(|_| panic!("does not end:\n{}", self.log())).expect("its end").code()
    }

    /// Runs another command of the binary against it, to its end.
    ///
    /// # Panics
    /// When it can't be run.
    pub async fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ran {
        self.command(arguments).stdin(Stdio::null()).output().await.expect("the binary").into()
    }

    /// Another command of the binary, to be run against it.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.data.path()).kill_on_drop(true);
        command.env("ENSUE_SERVER", &self.url).env("ENSUE__NATS__URL", self.nats.url()).env("ENSUE__DATA_DIR", self.data());
        let port = self.url.rsplit(':').next().filter(|_| !self.url.is_empty()).unwrap_or("0");
        command.env("ENSUE__GRPC__PORT", port).env("ENSUE__METRICS__PORT", "0");
        command.envs(self.settings.iter().map(|(variable, value)| (variable, value)));
        command
    }

    /// Clients of all services.
    pub fn clients(&self) -> Clients {
        Clients::of(&self.url)
    }

    /// The broker.
    pub fn nats(&self) -> &NatsServer {
        &self.nats
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// `http://host:port` of gRPC.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its metrics are.
    pub fn metrics(&self) -> &str {
        &self.metrics
    }

    /// From the start of the process to `ready`, the last time.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Bytes of memory that the process holds now.
    ///
    /// # Panics
    /// When it does not run.
    pub fn memory(&self) -> u64 {
        let id = self.running.as_ref().and_then(|running| running.process.id()).expect("a running process");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.data.path().join("log")
    }
}
