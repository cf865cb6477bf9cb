//! The consumer in Python that `docs/protocol.md` describes, with the client that it needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use provision::workspace_root;

/// The consumer, to be given a NATS URL and a SQLite file. Its client is fetched once, pinned by version and hash.
///
/// # Panics
/// When Python or pip is missing, or the client can't be had; the message says what to do.
pub fn python_consumer() -> tokio::process::Command {
    let folder = workspace_root().join("docs/protocol");
    let client = client(&folder.join("requirements.txt")).expect("the consumer's client");
    let mut command = tokio::process::Command::new("python3");
    command.arg(folder.join("consumer.py")).env("PYTHONPATH", client).env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The folder with the package that these requirements pin.
fn client(requirements: &Path) -> Result<PathBuf> {
    let text = fs::read_to_string(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let pinned = text.lines().find_map(|line| line.strip_prefix("nats-py==")?.split(' ').next()).context("no pinned nats-py")?;
    let tools = workspace_root().join("target/tools");
    let home = tools.join(format!("nats-py-{pinned}"));
    if home.is_dir() {
        return Ok(home);
    }
    // Several processes may do this at once: each in a folder of its own, and a rename puts the first of them in place.
    let work = tools.join(format!(".fetch-nats-py-{}", std::process::id()));
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--root-user-action=ignore",
    ]);
    let status = pip.args(["--require-hashes", "--requirement"]).arg(requirements).arg("--target").arg(&work).status();
    let fetched = status.context("python3 is not installed: apt-get install python3 python3-pip")?.success();
    let placed = fetched && fs::rename(&work, &home).is_ok();
    let _ = fs::remove_dir_all(&work);
    ensure!(placed || home.is_dir(), "pip could not fetch nats-py {pinned} (its own message is above). Behind a proxy set PIP_INDEX_URL");
    Ok(home)
}
