//! What an old binary left behind when it was killed: its data, its broker's volume, and what is known of both.

use std::path::Path;
use std::process::{Command, Stdio};

use provision::postgres::find_binaries;
use provision::workspace_root;
use serde_json::Value;
use tempfile::TempDir;
use testkit::NatsServer;

/// A fixture of `tests/fixtures/way-up`, unpacked; gone with the test.
pub struct LeftBehind {
    folder: TempDir,
    contents: Value,
}

impl LeftBehind {
    /// On `sqlite` or on `postgres`.
    ///
    /// # Panics
    /// When it can't be unpacked: Python reads xz, which not every machine has a program for.
    pub fn on(store: &str) -> Self {
        let fixtures = workspace_root().join("tests/fixtures/way-up");
        let folder = tempfile::Builder::new().prefix("ensue-way-up-").tempdir().expect("a folder");
        let archive = fixtures.join(format!("{store}.tar.xz"));
        run(Command::new("python3").args(["-m", "tarfile", "--extract"]).arg(archive).arg(folder.path()));
        let contents = std::fs::read(fixtures.join("contents.json")).expect("what is inside");
        let contents: Value = serde_json::from_slice(&contents).expect("what is inside");
        Self { folder, contents: contents[store].clone() }
    }

    /// What was in the stores when it was made; `contents.json` has it.
    pub fn contents(&self) -> &Value {
        &self.contents
    }

    /// Ids of all that followed when the old binary went on from there itself.
    ///
    /// # Panics
    /// When the fixture lacks them.
    pub fn follow_ons(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("follow-ons")).expect("their ids");
        text.lines().map(str::to_owned).collect()
    }

    /// Fills an empty database with what lay in Postgres.
    ///
    /// # Panics
    /// When there is no `psql`, or the database is not empty.
    pub fn restore_into(&self, url: &str) {
        let url = url.split('?').next().unwrap_or(url); // what is behind it is sqlx's own, and psql knows none of it
        let psql = find_binaries().map(|folder| folder.join("psql")).filter(|psql| psql.is_file());
        let mut command = Command::new(psql.as_deref().unwrap_or(Path::new("psql")));
        command.args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--file"]).arg(self.folder.path().join("postgres.sql")).arg(url);
        run(command.stdout(Stdio::null()));
    }

    /// A broker on the old one's volume, and the folder with the data.
    ///
    /// # Panics
    /// When the broker does not start.
    pub async fn ground(self) -> (NatsServer, TempDir) {
        let nats = NatsServer::start().await;
        nats.kill();
        nats.restore_store(&self.folder.path().join("broker"));
        nats.restart().await;
        (nats, self.folder)
    }
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|why| panic!("{}: {why}", command.get_program().display()));
    assert!(status.success(), "{} ended with {status}", command.get_program().display());
}
