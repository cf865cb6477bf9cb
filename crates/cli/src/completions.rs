//! `completions`: what a shell needs to complete a command line of this binary.

use clap::Command;
use clap_complete::Shell;

use crate::{Verdict, text};

/// Prints the shell's script, to be sourced or put where the shell looks for it.
pub fn print(shell: Shell, name: &str, grammar: Command) -> anyhow::Result<Verdict> {
    text::print(&script(shell, name, grammar)?);
    Ok(Verdict::Good)
}

fn script(shell: Shell, name: &str, mut grammar: Command) -> anyhow::Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut grammar, name, &mut script);
    Ok(String::from_utf8(script)?)
}

#[cfg(test)]
mod tests {
    use service_host::Service;

    use super::*;
    use crate::App;

    #[test]
    fn each_shell_gets_a_script_that_knows_the_commands_and_the_services() {
        let bakery = App::new("bakery").service("ovens", |_| Service::new("ovens"));
        let script = |shell| script(shell, "bakery", bakery.grammar()).unwrap();
        for (shell, begins) in [(Shell::Bash, "_bakery() {"), (Shell::Zsh, "#compdef bakery"), (Shell::Fish, "# Print an optspec")] {
            assert!(script(shell).starts_with(begins) && script(shell).contains("nats-port"), "{shell}");
        }
        // fish is not told of arguments without a name.
        assert!(script(Shell::Bash).contains("ovens") && script(Shell::Zsh).contains("ovens"));
    }
}
