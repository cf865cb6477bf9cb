//! `cargo xtask tidy`: the rules about the tree that no compiler knows, each with its reason in its message.

mod dependencies;
mod direction;
mod docs;
mod length;
mod lockfile;
mod machine;
mod platform;
mod readme;
mod tree;

use std::fmt;
use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::command::{Command, say};
use tree::Tree;

pub const COMMAND: Command = Command { name: "tidy", arguments: "", about: "the rules about the tree itself", run };

/// Every rule; a new one is a file and a line here.
const RULES: &[fn(&Tree) -> Vec<Finding>] = &[
    direction::crates_point_one_way,
    platform::platform_knows_no_business,
    dependencies::each_says_its_purpose,
    lockfile::only_welcome_packages,
    readme::each_crate_is_explained,
    length::files_are_short,
    docs::paths_exist,
    machine::nothing_names_this_machine,
];

/// Where a rule is broken (or, as a warning, about to be), and why that matters.
#[derive(Debug)]
struct Finding {
    place: String,
    message: String,
    warning: bool,
}

impl Finding {
    fn error(place: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding { place: place.into(), message: message.into(), warning: false }
    }

    fn warning(place: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding { place: place.into(), message: message.into(), warning: true }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.warning { "warning" } else { "error" };
        write!(f, "{kind}: {}: {}", self.place, self.message)
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    ensure!(arguments.is_empty(), "takes no arguments");
    let tree = Tree::of_the_repository()?;
    let findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    for finding in &findings {
        eprintln!("{finding}");
    }
    let errors = findings.iter().filter(|finding| !finding.warning).count();
    say(&format!("tidy: {errors} errors, {} warnings", findings.len() - errors));
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let tree = Tree::of_the_repository().unwrap();
        let errors: Vec<String> =
            RULES.iter().flat_map(|rule| rule(&tree)).filter(|finding| !finding.warning).map(|finding| finding.to_string()).collect();
        assert!(errors.is_empty(), "\n{}", errors.join("\n"));
    }
}
