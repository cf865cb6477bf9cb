//! A `nats-server` of our own: JetStream under `data_dir`, gone when we are.

use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use provision::{Guard, nats_server};
use rustix::process::{Pid, Signal, kill_process};

/// How long the server may take to listen, or to close its files.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long we wait for a server of ours that is just closing.
const CLOSING: Duration = Duration::from_secs(3);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub struct Broker {
    server: Child,
    port: u16,
    log: PathBuf,
    /// Ends the server when we were killed, or left at once.
    _guard: Guard,
}

impl Broker {
    /// Finds or fetches a `nats-server`, starts it with its files in `data_dir/nats` and its log beside them, and waits until it greets.
    ///
    /// # Errors
    /// When the port is taken, or the folder; when no server can be had, or it does not start: what to do about it is in the message.
    pub fn start(name: &str, data_dir: &Path, port: u16) -> Result<Self> {
        let (files, log) = (data_dir.join("nats"), data_dir.join("nats-server.log"));
        fs::create_dir_all(&files).with_context(|| format!("cannot make {}", files.display()))?;
        let lock = locked(&log).with_context(|| format!("the files of nats-server in {}", files.display()))?;
        require_free(port)?;
        let binary = nats_server::provision()?;
        lock.set_len(0).with_context(|| format!("cannot write {}", log.display()))?;
        let server = Command::new(&binary)
            .args(["--jetstream", "--addr", "127.0.0.1", "--name", name, "--port", &port.to_string(), "--store_dir"])
            .arg(&files)
            .stdin(Stdio::null())
            .stdout(lock.try_clone()?)
            .stderr(lock)
            .process_group(0) // Ctrl-C is for us first; the broker goes last
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let guard = Guard::terminates(server.id())?;
        let mut broker = Self { server, port, log, _guard: guard };
        broker.wait_for_greeting()?;
        let (files, log) = (plain(&files), plain(&broker.log));
        eprintln!("nats-server: {}, files in {}, log in {}", broker.url(), files.display(), log.display());
        Ok(broker)
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// How it ended, once it has.
    pub async fn end(&mut self) -> ExitStatus {
        loop {
            match self.ended() {
                Some(status) => return status,
                None => tokio::time::sleep(LOOK).await,
            }
        }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.server.try_wait().ok().flatten()
    }

    fn wait_for_greeting(&mut self) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let deadline = Instant::now() + PATIENCE;
        let log = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        while !greets(address) {
            if let Some(status) = self.ended() {
                bail!("nats-server ended with {status}:\n{}", log(&self.log));
            }
            if Instant::now() > deadline {
                bail!("nats-server does not answer on port {}:\n{}", self.port, log(&self.log));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        let _ = kill_process(Pid::from_child(&self.server), Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while self.ended().is_none() {
            if Instant::now() > deadline {
                let _ = self.server.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// `data/nats` for `./data/nats`.
fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

/// The log, locked. The server inherits the lock with the file and holds it as long as it lives, also when we are gone: two servers would
/// ruin one another's files, and neither knows of the other.
fn locked(log: &Path) -> Result<File> {
    let file = File::options().create(true).append(true).open(log).with_context(|| format!("cannot write {}", log.display()))?;
    let deadline = Instant::now() + CLOSING;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => {
                bail!("another nats-server is using them: stop whoever started it, or take another folder with data_dir (ENSUE__DATA_DIR)")
            }
            Err(TryLockError::Error(why)) => return Err(anyhow!(why).context("cannot be locked")),
        }
    }
}

/// Says what to do when somebody listens on the port; waits a moment for a server of ours that is just closing.
fn require_free(port: u16) -> Result<()> {
    let deadline = Instant::now() + CLOSING;
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(()),
            Err(_) if Instant::now() < deadline => std::thread::sleep(LOOK),
            Err(why) => bail!(
                "port {port}, for nats-server, is taken ({why}). Stop what listens there, or take another port with --nats-port N, \
                 or use the server that runs there with nats.url (ENSUE__NATS__URL=nats://127.0.0.1:{port})"
            ),
        }
    }
}

/// A NATS server speaks first: `INFO {…}`.
fn greets(address: SocketAddr) -> bool {
    let Ok(socket) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
    let _ = socket.set_read_timeout(Some(Duration::from_secs(1)));
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).is_ok() && line.starts_with("INFO ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_the_settings_that_move_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let why = require_free(port).unwrap_err().to_string();
        for part in [&format!("port {port}"), "--nats-port", "nats.url", "ENSUE__NATS__URL"] {
            assert!(why.contains(part), "{why} lacks {part}");
        }
    }

    #[test]
    fn two_servers_never_share_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("nats-server.log");
        let _first = locked(&log).unwrap();
        let why = locked(&log).unwrap_err().to_string();
        assert!(why.contains("another nats-server") && why.contains("ENSUE__DATA_DIR"), "{why}");
    }
}
