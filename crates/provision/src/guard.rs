//! Ends what we started when we are gone, however we went.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// A small shell that waits for the end of this process and then runs a script.
///
/// `Drop` does not run after SIGKILL, nor after Ctrl-C without a handler. This shell reads a pipe whose other end only we hold: the kernel
/// closes it with us. (The parent-death signal of Linux would do for one thread only: it fires when the thread that asked for it ends.)
#[derive(Debug)]
pub struct Guard {
    shell: Child,
}

impl Guard {
    /// Runs the shell `script`, with `arguments` as `$1`…, once this process has ended.
    ///
    /// # Errors
    /// When no shell can be started.
    pub fn new<A: AsRef<OsStr>>(script: &str, arguments: impl IntoIterator<Item = A>) -> io::Result<Guard> {
        let shell = Command::new("sh")
            .arg("-c")
            .arg(format!("cat >/dev/null\n{script}"))
            .arg("ensue-guard")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0) // Ctrl-C goes to the terminal's whole group; the guard must outlive it
            .spawn()?;
        Ok(Guard { shell })
    }

    /// Sends SIGTERM to the process `pid` once this process has ended.
    ///
    /// # Errors
    /// When no shell can be started.
    pub fn terminates(pid: u32) -> io::Result<Guard> {
        Guard::new(r#"kill -TERM "$1""#, [pid.to_string()])
    }
}

impl Drop for Guard {
    /// We live and have cleaned up ourselves: the shell ends without running its script.
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
