//! `cargo xtask ci`: everything that must hold before a change lands.

use std::process::ExitCode;

use anyhow::Result;

use crate::command::Command;
use crate::{check, test};

pub const COMMAND: Command = Command { name: "ci", arguments: "", about: "check, then test", run };

fn run(arguments: &[String]) -> Result<ExitCode> {
    let checked = (check::COMMAND.run)(arguments)?;
    let tested = (test::COMMAND.run)(&[])?;
    Ok(if checked == ExitCode::SUCCESS { tested } else { checked })
}
