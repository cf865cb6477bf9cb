//! Runs `ensue` as if it were us: signals go to it, its exit code is ours.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use provision::Guard;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::command::say;

/// How often we look for signals and ended processes. One thread does it, so that no signal goes to a process that is gone already.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs `program` to its end. The first SIGINT, SIGTERM or SIGHUP is handed on as SIGTERM, a second one kills.
pub(super) fn run(program: &mut Command) -> Result<ExitStatus> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    // A group of its own: a terminal sends Ctrl-C to its whole foreground group, and the child would get it twice, once from us.
    let mut child =
        program.process_group(0).stdin(Stdio::null()).spawn().with_context(|| format!("cannot run {}", program.get_program().display()))?;
    let guard = Guard::terminates(child.id())?;
    let mut asked = false;
    loop {
        for _ in signals.pending() {
            if asked {
                say("second signal: stopping at once");
                child.kill()?;
            } else {
                kill_process(Pid::from_child(&child), Signal::TERM)?;
            }
            asked = true;
        }
        if let Some(status) = child.try_wait()? {
            drop(guard);
            return Ok(status);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program runs in a group of its own: the signal that the test raises reaches this process alone, which must hand it on.
    #[test]
    fn a_signal_is_handed_on_and_the_exit_code_comes_back() {
        let mut program = Command::new("sh");
        program.args(["-c", r#"trap 'exit 7' TERM; kill -INT "$1"; while :; do sleep 0.01; done"#, "program"]);
        program.arg(std::process::id().to_string());
        assert_eq!(run(&mut program).unwrap().code(), Some(7));
    }
}
