//! The `nats-server` of `cargo xtask up`: JetStream under `data/nats`, gone when we are.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use provision::{Guard, workspace_root};
use rustix::process::{Pid, Signal, kill_process};

use crate::command::say;

/// How long the server may take to listen, or to close its files.
const PATIENCE: Duration = Duration::from_secs(20);

/// Its log, in the checkout.
const LOG: &str = "data/nats-server.log";

#[derive(Debug)]
pub(super) struct Broker {
    server: Child,
    port: u16,
    _guard: Guard,
}

/// Says what to do when somebody listens on the port; waits a moment for a server of ours that is just closing.
pub(super) fn require_free(port: u16) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(3);
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(()),
            Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(50)),
            Err(why) => bail!(
                "port {port}, for nats-server, is taken ({why}). Stop what listens there, or take another port with --nats-port N, \
                 or use the server that runs there with ENSUE__NATS__URL=nats://127.0.0.1:{port}"
            ),
        }
    }
}

impl Broker {
    /// Starts `binary` and waits until it greets.
    pub(super) fn start(binary: &Path, port: u16) -> Result<Broker> {
        require_free(port)?;
        let root = workspace_root();
        fs::create_dir_all(root.join("data/nats")).context("cannot make data/nats")?;
        let log = File::create(root.join(LOG)).with_context(|| format!("cannot write {LOG}"))?;
        let server = Command::new(binary)
            .current_dir(&root)
            .args(["--jetstream", "--store_dir", "data/nats", "--addr", "127.0.0.1", "--name", "ensue", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0) // Ctrl-C is for ensue first; the broker goes last
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let guard = Guard::terminates(server.id())?;
        let mut broker = Broker { server, port, _guard: guard };
        broker.wait_for_greeting()?;
        say(&format!("nats-server: {}, files in data/nats, log in {LOG}", broker.url()));
        Ok(broker)
    }

    pub(super) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.server.try_wait().ok().flatten()
    }

    fn wait_for_greeting(&mut self) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let deadline = Instant::now() + PATIENCE;
        while !greets(address) {
            if let Some(status) = self.ended() {
                bail!("nats-server ended with {status}:\n{}", log_text());
            }
            if Instant::now() > deadline {
                bail!("nats-server does not answer on port {}:\n{}", self.port, log_text());
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

/// A NATS server speaks first: `INFO {…}`.
fn greets(address: SocketAddr) -> bool {
    let Ok(socket) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
    let _ = socket.set_read_timeout(Some(Duration::from_secs(1)));
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).is_ok() && line.starts_with("INFO ")
}

fn log_text() -> String {
    fs::read_to_string(workspace_root().join(LOG)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_the_settings_that_move_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let why = require_free(port).unwrap_err().to_string();
        for part in [&format!("port {port}"), "--nats-port", "ENSUE__NATS__URL"] {
            assert!(why.contains(part), "{why} lacks {part}");
        }
    }
}
