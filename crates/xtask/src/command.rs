//! What a command of `cargo xtask` is, and how it runs other programs.

use std::process::{Command as Process, ExitCode, ExitStatus};

use anyhow::{Context, Result};

/// One line of the table in `main.rs`.
pub struct Command {
    pub name: &'static str,
    /// The arguments, as the help shows them.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    pub run: fn(&[String]) -> Result<ExitCode>,
}

/// cargo, the same that runs us, in the workspace's top folder.
pub fn cargo() -> Process {
    let mut cargo = Process::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(provision::workspace_root());
    // What cargo told us about this package is none of the builds below: ring's build script watches it, and half the tree would be
    // built again each time cargo is called in another way.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Prints the program with its arguments and runs it to its end.
///
/// # Errors
/// When it cannot be started; how it ended is the answer.
pub fn run(process: &mut Process) -> Result<ExitStatus> {
    let name = process.get_program().to_owned();
    let program = std::path::Path::new(&name).file_name().unwrap_or(&name).to_string_lossy();
    let arguments: Vec<_> = process.get_args().map(|argument| argument.to_string_lossy()).collect();
    say(&format!("{program} {}", arguments.join(" ")));
    process.status().with_context(|| format!("cannot run {program}"))
}

/// A line about what xtask itself does.
pub fn say(line: &str) {
    eprintln!("xtask: {line}");
}

/// The program's exit code as ours; 128 + n when signal n ended it, as shells do.
pub fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
