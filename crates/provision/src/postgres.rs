//! A private Postgres cluster: its own folder, its own port, gone when dropped.

mod binaries;
mod owner;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::{Guard, free_port};
pub use binaries::find_binaries;
use owner::Owner;

/// How to get what is missing; for messages.
pub const HOW_TO_GET: &str = "apt-get install postgresql";

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is left to do when we were killed: stop the server at once and remove its folder.
const CLEAN_UP: &str = r#"
pid=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$pid"
turns=0
while kill -0 "$pid" && [ $turns -lt 100 ]; do turns=$((turns + 1)); sleep 0.1; done
rm -rf "$1"
"#;

/// A running cluster. Its durability is real (`fsync` is on), so a kill shows what a kill does.
#[derive(Debug)]
pub struct PostgresServer {
    binaries: PathBuf,
    owner: Owner,
    folder: PathBuf,
    port: u16,
    server: Option<Child>,
    _guard: Guard,
}

impl PostgresServer {
    /// Makes a cluster in a temporary folder and starts it on a free port of 127.0.0.1. Takes a few seconds.
    ///
    /// # Errors
    /// When there are no Postgres binaries, `initdb` fails, or the server is not ready within a minute; the message holds its log.
    pub fn start() -> Result<PostgresServer> {
        let binaries = find_binaries().with_context(|| format!("no Postgres server on this machine: {HOW_TO_GET}"))?;
        let owner = Owner::of_the_server()?;
        let folder = owner.new_folder()?;
        let guard = Guard::new(CLEAN_UP, [&folder]).context("cannot start the guard shell")?;
        let mut this = PostgresServer { binaries, owner, folder, port: 0, server: None, _guard: guard };
        this.make_cluster()?;
        for _ in 0..4 {
            this.port = free_port()?;
            if this.restart().is_ok() {
                return Ok(this);
            }
        }
        this.port = free_port()?;
        this.restart()?;
        Ok(this)
    }

    /// The URL of the cluster's superuser and its database `postgres`; any other database of the cluster by replacing the path.
    pub fn url(&self) -> String {
        format!("postgres://ensue@127.0.0.1:{}/postgres", self.port)
    }

    /// Kills the server (SIGKILL), as a crash would. [`restart`](Self::restart) brings it back on the same port with the same data.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> Result<()> {
        let mut server = self.server.take().context("Postgres does not run")?;
        let backends = children_of(server.id());
        server.kill()?;
        server.wait()?;
        // A backend alone would still finish what it does, a commit too: a crash takes them all.
        for backend in &backends {
            if let Some(pid) = i32::try_from(*backend).ok().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while backends.iter().any(|backend| is_running(*backend)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Starts the server again; one that still runs is killed first.
    ///
    /// # Errors
    /// When it is not ready within a minute; the message holds its log.
    pub fn restart(&mut self) -> Result<()> {
        if self.server.is_some() {
            self.kill()?;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut server = self.spawn()?;
            let ended = loop {
                if self.says_ready(server.id()) {
                    self.server = Some(server);
                    return Ok(());
                }
                if let Some(status) = server.try_wait()? {
                    break status;
                }
                if Instant::now() > deadline {
                    server.kill()?;
                    break server.wait()?;
                }
                pause();
            };
            // The backends of a killed server take a moment to notice, and until then hold the shared memory: try again.
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            if Instant::now() > deadline || !log.contains("shared memory block") {
                bail!("Postgres on port {} ended with {ended}:\n{log}", self.port);
            }
            pause();
        }
    }

    fn make_cluster(&self) -> Result<()> {
        let output = self
            .owner
            .command(&self.binaries.join("initdb"), &self.folder)
            .arg("--pgdata")
            .arg(self.data())
            .args(["--username=ensue", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .stdin(Stdio::null())
            .output()
            .context("cannot run initdb")?;
        ensure!(
            output.status.success(),
            "initdb failed: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    fn spawn(&self) -> Result<Child> {
        let log = fs::File::create(self.log())?;
        let mut command: Command = self.owner.command(&self.binaries.join("postgres"), &self.folder);
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string()).arg("-k").arg(&self.folder);
        command.args(["-h", "127.0.0.1", "-c", "max_connections=400", "-c", "log_min_messages=warning"]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        use std::os::unix::process::CommandExt;
        command.process_group(0); // Ctrl-C is not for the server: whoever holds it stops it
        command.spawn().context("cannot start postgres")
    }

    /// The server writes `ready` into the last line of its pid file; that of the server before it does not count.
    fn says_ready(&self, pid: u32) -> bool {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = text.lines();
        lines.next() == Some(pid.to_string().as_str()) && lines.nth(6).is_some_and(|status| status.trim() == "ready")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    /// The cluster's folder; gone after the drop.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn stop(&mut self) -> Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        kill_process(Pid::from_child(&server), Signal::QUIT)?; // an immediate stop: the data goes anyway
        let deadline = Instant::now() + PATIENCE;
        while server.try_wait()?.is_none() {
            if Instant::now() > deadline {
                server.kill()?;
            }
            pause();
        }
        Ok(())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if let Err(why) = self.stop() {
            eprintln!("cannot stop the private Postgres: {why:#}");
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

/// The processes whose parent this is.
fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| stat(*id).is_some_and(|(_, of)| of == parent)).collect()
}

/// Whether it is there and not just waiting to be reaped.
fn is_running(id: u32) -> bool {
    stat(id).is_some_and(|(state, _)| state != "Z")
}

/// A process's state and parent, which stand behind its name in brackets.
fn stat(id: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut rest = stat.rsplit_once(") ")?.1.split(' ');
    Some((rest.next()?.to_owned(), rest.next()?.parse().ok()?))
}
