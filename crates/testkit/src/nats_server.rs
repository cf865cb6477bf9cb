//! A real `nats-server` of a test's own: its own port, its own store, gone with the test.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use provision::Guard;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// How long a server may take until it accepts connections.
const START: Duration = Duration::from_secs(20);

/// A `nats-server` with JetStream that can be killed, stopped in its tracks, robbed of its store and started again on the same port.
pub struct NatsServer {
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    running: Mutex<Option<Running>>,
}

struct Running {
    server: Child,
    /// Ends the server when this process is killed.
    _guard: Guard,
}

impl NatsServer {
    /// Starts a server on a free port and waits until it accepts connections.
    ///
    /// # Panics
    /// When there is no server of 2.12 or newer, or it does not start: no fact can be tested without it.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with more arguments on its command line, e.g. `--auth TOKEN`.
    ///
    /// # Panics
    /// As [`start`](NatsServer::start).
    pub async fn start_with(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self::try_start(arguments).await.expect("a nats-server for this test")
    }

    async fn try_start(arguments: Vec<String>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("ensue-nats-").tempdir()?;
        let running = spawn(folder.path(), None, &arguments)?;
        let mut started = Self { folder, port: 0, arguments, running: Mutex::new(Some(running)) };
        let deadline = Instant::now() + START;
        started.port = loop {
            if let Some(port) = started.announced_port()? {
                break port;
            }
            started.alive(deadline)?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        started.accepts(deadline).await?;
        Ok(started)
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// SIGKILL, as the kernel does it when memory runs out.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&self) {
        let mut running = self.lock().take().expect("a running server");
        running.server.kill().expect("SIGKILL");
        running.server.wait().expect("the end of the server");
    }

    /// Starts it again on the same port and store, killing it first where it runs.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&self) {
        if self.lock().is_some() {
            self.kill();
        }
        let running = spawn(self.folder.path(), Some(self.port), &self.arguments).expect("a server started again");
        *self.lock() = Some(running);
        self.accepts(Instant::now() + START).await.expect("a server started again");
    }

    /// SIGSTOP: connections stay open and nobody answers. Comes back when the last thread has stopped.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pause(&self) {
        let server = self.signal(Signal::STOP);
        waitid(WaitId::Pid(server), WaitIdOptions::STOPPED).expect("a stopped server");
    }

    /// SIGCONT after a pause.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Removes what a killed server stored.
    ///
    /// # Panics
    /// When it still runs.
    pub fn wipe_store(&self) {
        assert!(self.lock().is_none(), "kill the server before its store is wiped");
        match fs::remove_dir_all(self.store()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("the store could not be wiped: {error}"),
            _ => {}
        }
    }

    /// Copies the store as it is now: put back later, it is what a power cut left behind.
    ///
    /// # Panics
    /// When it can't be read or written.
    pub fn copy_store(&self, to: &Path) {
        copy(&self.store(), to).expect("a copy of the store");
    }

    /// Replaces the store of a killed server by a copy.
    ///
    /// # Panics
    /// When it still runs, or on a copy that can't be read.
    pub fn restore_store(&self, from: &Path) {
        self.wipe_store();
        copy(from, &self.store()).expect("a restored store");
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(&self, signal: Signal) -> Pid {
        let server = Pid::from_child(&self.lock().as_ref().expect("a running server").server);
        kill_process(server, signal).expect("a signal to the server");
        server
    }

    /// The port that the server wrote into its folder, once it has.
    fn announced_port(&self) -> Result<Option<u16>> {
        let name = |file: &fs::DirEntry| file.file_name().to_string_lossy().ends_with(".ports");
        let Some(file) = fs::read_dir(self.folder.path())?.filter_map(Result::ok).find(name) else { return Ok(None) };
        // Half written is not written.
        let Ok(ports) = serde_json::from_slice::<serde_json::Value>(&fs::read(file.path())?) else { return Ok(None) };
        let Some(port) = ports["nats"][0].as_str().and_then(|url| url.rsplit(':').next()) else { return Ok(None) };
        Ok(Some(port.parse().context("the announced port")?))
    }

    fn alive(&self, deadline: Instant) -> Result<()> {
        let ended = self.lock().as_mut().map(|running| running.server.try_wait()).transpose()?.flatten();
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        if let Some(status) = ended {
            bail!("nats-server ended with {status}:\n{}", log());
        }
        ensure!(Instant::now() < deadline, "nats-server does not accept connections:\n{}", log());
        Ok(())
    }

    /// Waits for the greeting that every client gets.
    async fn accepts(&self, deadline: Instant) -> Result<()> {
        loop {
            if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)).await
                && let Ok(Ok(b'I')) = tokio::time::timeout(Duration::from_secs(1), stream.read_u8()).await
            {
                return Ok(());
            }
            self.alive(deadline)?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if let Some(mut running) = self.lock().take() {
            let _ = running.server.kill();
            let _ = running.server.wait();
        }
    }
}

fn spawn(folder: &Path, port: Option<u16>, arguments: &[String]) -> Result<Running> {
    let binary = provision::nats_server::provision()?;
    let log = File::options().create(true).append(true).open(folder.join("log"))?;
    let mut command = Command::new(&binary);
    command.args(["-js", "-a", "127.0.0.1", "-sd"]).arg(folder.join("store"));
    match port {
        Some(port) => command.args(["-p", &port.to_string()]),
        None => command.args(["-p", "-1", "--ports_file_dir"]).arg(folder),
    };
    let server = command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn().context("nats-server")?;
    let guard = Guard::terminates(server.id())?;
    Ok(Running { server, _guard: guard })
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if let Err(error) = fs::copy(entry.path(), &target)
            // A running server removes files while we look.
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
    }
    Ok(())
}
