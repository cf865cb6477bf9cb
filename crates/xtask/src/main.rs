#![doc = include_str!("../README.md")]

mod bench;
mod chaos;
mod check;
mod ci;
mod command;
mod fuzz;
mod package;
mod test;
mod tidy;
mod up;

use std::process::ExitCode;

use command::Command;

/// Every command; a new one is a file and a line here.
const COMMANDS: &[Command] = &[
    up::COMMAND,
    test::COMMAND,
    chaos::COMMAND,
    fuzz::COMMAND,
    bench::COMMAND,
    check::COMMAND,
    ci::COMMAND,
    tidy::COMMAND,
    package::COMMAND,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("xtask: no command {name:?}\n\n{}", help());
        return ExitCode::from(2);
    };
    match (command.run)(rest) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("xtask {name}: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = String::from("cargo xtask <command>\n\n");
    for Command { name, arguments, about, .. } in COMMANDS {
        text += &format!("  {:<55} {about}\n", format!("{name} {arguments}"));
    }
    text
}
