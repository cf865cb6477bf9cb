//! One process of the system: started on the same port each time, killed, paused, and started again when it ended by itself, as a supervisor would.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use provision::Guard;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// What it says on its way up.
#[derive(Clone, Debug, Default)]
struct Said {
    ready: bool,
    metrics: String,
}

/// A process with a name, whether it runs or not.
pub(super) struct Member {
    pub(super) name: &'static str,
    arguments: Vec<&'static str>,
    settings: Vec<(String, String)>,
    binary: PathBuf,
    folder: PathBuf,
    port: u16,
    running: Option<Running>,
}

struct Running {
    process: Child,
    said: watch::Receiver<Said>,
    /// Ends the process when the run is killed.
    _guard: Guard,
}

/// How a process ended that nobody had ended.
pub(super) struct Ended {
    pub(super) was_ready: bool,
    pub(super) how: String,
}

impl Member {
    /// Not started yet; its log goes into `folder`.
    pub(super) fn new(
        name: &'static str,
        arguments: &[&'static str],
        binary: &Path,
        folder: &Path,
        settings: Vec<(String, String)>,
    ) -> Self {
        let port = provision::free_port().expect("a free port");
        let (arguments, folder) = (arguments.to_vec(), folder.to_owned());
        Self { name, arguments, settings, binary: binary.to_owned(), folder, port, running: None }
    }

    /// Another process with the same settings and a port of its own.
    pub(super) fn again_as(&self, name: &'static str, arguments: &[&'static str]) -> Self {
        Self::new(name, arguments, &self.binary, &self.folder, self.settings.clone())
    }

    /// Where its gRPC is.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A command of the binary, with this process's settings.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.folder).kill_on_drop(true).stdin(Stdio::null());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.env("ENSUE_SERVER", self.url()).env("ENSUE__GRPC__PORT", self.port.to_string()).env("ENSUE__METRICS__PORT", "0");
        command
    }

    /// Starts it and does not wait: the broker may be away just now.
    pub(super) fn start(&mut self) {
        assert!(self.running.is_none(), "{} runs already", self.name);
        let log = File::options().create(true).append(true).open(self.log_file()).expect("a log");
        let mut process = self.command().args(&self.arguments).stdout(Stdio::piped()).stderr(log).spawn().expect("the binary");
        let guard = Guard::new(r#"kill -KILL "$1""#, [process.id().expect("a process").to_string()]).expect("a guard");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let (say, said) = watch::channel(Said::default());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                say.send_modify(|said| match line.split_once(char::is_whitespace) {
                    Some(("metrics", url)) => said.metrics = url.trim().to_owned(),
                    None if line == "ready" => said.ready = true,
                    _ => {}
                });
            }
        });
        self.running = Some(Running { process, said, _guard: guard });
    }

    /// SIGKILL. Nothing to do where it does not run.
    pub(super) async fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.process.kill().await.expect("SIGKILL");
        }
    }

    /// SIGTERM, and whether it ended in time with exit code 0.
    pub(super) async fn stop(&mut self) -> bool {
        let Some(mut running) = self.running.take() else { return true };
        signal(&running.process, Signal::TERM);
        let ended = tokio::time::timeout(Duration::from_secs(30), running.process.wait()).await;
        matches!(ended, Ok(Ok(status)) if status.success())
    }

    /// SIGSTOP: its connections stay open, and it does not know that time passes.
    pub(super) fn pause(&self) {
        self.running.iter().for_each(|running| signal(&running.process, Signal::STOP));
    }

    /// SIGCONT.
    pub(super) fn resume(&self) {
        self.running.iter().for_each(|running| signal(&running.process, Signal::CONT));
    }

    /// Notices an end by itself; whoever asks starts it again.
    pub(super) fn ended(&mut self) -> Option<Ended> {
        let status = self.running.as_mut()?.process.try_wait().expect("its state")?;
        let running = self.running.take()?;
        let was_ready = running.said.borrow().ready;
        Some(Ended { was_ready, how: status.to_string() })
    }

    /// It runs and has said so.
    pub(super) fn is_ready(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.said.borrow().ready)
    }

    /// Where its metrics are; empty before it is ready.
    pub(super) fn metrics(&self) -> String {
        self.running.as_ref().map(|running| running.said.borrow().metrics.clone()).unwrap_or_default()
    }

    /// What it wrote to stderr in all its lives.
    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }
}

fn signal(process: &Child, signal: Signal) {
    // One that ended by itself just now gets no signal; that is noticed elsewhere.
    if let Some(pid) = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}
