//! A binary: its name, its services, and the commands that only it has.

use std::ffi::OsString;
use std::marker::PhantomData;
use std::process::ExitCode;

use anyhow::Context as _;
use catalogue::{Catalogue, Contracts};
use clap::{CommandFactory as _, FromArgMatches as _};
use service_host::config::Sections;
use tokio::runtime::Runtime;

use crate::cli::{Ask, Cli, Command, Global};
use crate::registry::{Make, Registry};
use crate::serve::Program;
use crate::{Commands, Nothing, Server, Verdict, completions, config, dead, events, new, publish, say, serve, text, up};

/// A binary in the making.
pub struct App<C = Nothing> {
    name: &'static str,
    version: &'static str,
    about: &'static str,
    contracts: Vec<&'static Contracts>,
    services: Registry,
    settings: Vec<Sections>,
    commands: PhantomData<fn() -> C>,
}

impl App {
    /// One of this name: in messages, in `--help`, in telemetry for what belongs to no service.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            version: env!("CARGO_PKG_VERSION"),
            about: "Runs the services, and looks after them.",
            contracts: Vec::new(),
            services: Registry::default(),
            settings: Vec::new(),
            commands: PhantomData,
        }
    }
}

impl<C: Commands> App<C> {
    /// Its version, `env!("CARGO_PKG_VERSION")`; else that of this crate.
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// What `--help` says first.
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// With what its services say to one another: `[&bakery::wire::CONTRACTS]`.
    pub fn contracts(mut self, contracts: impl IntoIterator<Item = &'static Contracts>) -> Self {
        self.contracts.extend(contracts);
        self
    }

    /// With a service more. `name` is the one that [`Service::new`](service_host::Service::new) has.
    pub fn service(mut self, name: &'static str, make: Make) -> Self {
        self.services.add(name, make);
        self
    }

    /// With what can be set for a service: `payments::settings()`, a list of its [`Settings`](service_host::config::Settings).
    pub fn settings(mut self, sections: Sections) -> Self {
        self.settings.push(sections);
        self
    }

    /// With subcommands of its own.
    pub fn commands<D: Commands>(self) -> App<D> {
        let Self { name, version, about, contracts, services, settings, .. } = self;
        App { name, version, about, contracts, services, settings, commands: PhantomData }
    }

    /// Reads the command line, runs the command, and says how it went: 0 good, 1 not good or failed, 2 wrong usage or configuration.
    pub fn main(self) -> ExitCode {
        self.run(std::env::args_os())
    }

    /// The same with a command line of the caller's, the program's name first. Wrong usage and `--help` end the process.
    pub fn run<A: Into<OsString> + Clone>(self, arguments: impl IntoIterator<Item = A>) -> ExitCode {
        let cli = Cli::from_arg_matches(&self.grammar().get_matches_from(arguments)).unwrap_or_else(|error| error.exit());
        match self.execute(cli) {
            Ok(Verdict::Good) => ExitCode::SUCCESS,
            Ok(Verdict::Bad) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("{}: {}", self.name, text::sentence(&error));
                match error.downcast_ref::<service_host::config::Faults>() {
                    Some(_) => ExitCode::from(2),
                    None => ExitCode::FAILURE,
                }
            }
        }
    }

    fn execute(&self, cli: Cli<C>) -> anyhow::Result<Verdict> {
        let global = cli.global;
        match cli.command {
            Command::Up(arguments) => up::run(self.program(self.services.all())?, &global.sources(), &arguments),
            Command::Serve { services } => serve::run(self.program(self.services.named(&services))?, &global.sources()),
            Command::Config(arguments) => config::show(&global.sources(), &self.sections(), &arguments),
            Command::Completions { shell } => completions::print(shell, self.name, self.grammar()),
            Command::New(arguments) => new::workspace(&arguments),
            Command::NewService(arguments) => new::service(&arguments),
            Command::Version => {
                say!("{} {} (ensue-cli {})", self.name, self.version, env!("CARGO_PKG_VERSION"));
                Ok(Verdict::Good)
            }
            Command::Ask(what) => runtime()?.block_on(self.ask(&global, *what)),
        }
    }

    /// Contracts that do not fit together end it here, before anything opens.
    fn program(&self, services: Vec<Make>) -> anyhow::Result<Program> {
        let catalogue = Catalogue::of(self.contracts.iter().copied())?.with_services(self.services.names());
        Ok(Program { name: self.name, catalogue, services, sections: self.sections() })
    }

    /// Of all services of the binary, those included that another process runs: they share a file.
    fn sections(&self) -> Sections {
        self.settings.iter().cloned().collect()
    }

    /// What needs services that answer.
    async fn ask(&self, global: &Global, what: Ask<C>) -> anyhow::Result<Verdict> {
        let server = Server::at(&self.services.names(), &global.servers, global.patience)?;
        match what {
            Ask::Publish(arguments) => publish::run(&server, &arguments).await,
            Ask::Events(what) => events::run(&server, what).await,
            Ask::Dead(what) => dead::run(&server, what).await,
            Ask::Own(own) => own.run(server).await,
        }
    }

    pub(crate) fn grammar(&self) -> clap::Command {
        Cli::<C>::grammar(Cli::<C>::command().name(self.name).version(self.version).about(self.about), self.services.names())
    }
}

/// What commands run in.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")
}

#[cfg(test)]
mod tests {
    use clap::Subcommand;

    use super::*;

    #[derive(Debug, Subcommand)]
    enum Bakery {
        /// Bakes
        Bake {
            #[arg(long)]
            loaves: u32,
        },
    }

    impl Commands for Bakery {
        async fn run(self, server: Server) -> anyhow::Result<Verdict> {
            let Self::Bake { loaves } = self;
            let _ = server.channel("ovens"); // there is a runtime, and a place to ask
            Ok(if loaves > 0 { Verdict::Good } else { Verdict::Bad })
        }
    }

    fn bakery() -> App<Bakery> {
        let make: Make = |_| service_host::Service::new("ovens");
        App::new("bakery").version("7.1.0").service("ovens", make).commands::<Bakery>()
    }

    #[test]
    fn the_grammar_holds_together_and_names_the_binary() {
        bakery().grammar().debug_assert();
        App::new("bare").grammar().debug_assert();
        let help = bakery().grammar().render_help().to_string();
        for part in ["Usage: bakery", "  up ", "  bake ", "  completions "] {
            assert!(help.contains(part), "{help}");
        }
        assert_eq!(bakery().grammar().render_version(), "bakery 7.1.0\n");
    }

    #[test]
    fn a_command_of_ones_own_runs_and_its_verdict_is_the_exit_code() {
        assert_eq!(bakery().run(["bakery", "bake", "--loaves", "2"]), ExitCode::SUCCESS);
        assert_eq!(bakery().run(["bakery", "bake", "--loaves", "0"]), ExitCode::FAILURE);
        assert_eq!(bakery().run(["bakery", "--server", "ghosts=http://127.0.0.1:1", "bake", "--loaves", "2"]), ExitCode::FAILURE);
    }

    #[test]
    fn only_services_of_this_binary_can_be_served() {
        let try_to = |arguments: &[&str]| bakery().grammar().try_get_matches_from([&["bakery"], arguments].concat());
        assert!(try_to(&["serve", "ovens"]).is_ok());
        let why = try_to(&["serve", "ghosts"]).unwrap_err().to_string();
        assert!(why.contains("ghosts") && why.contains("ovens"), "{why}");
    }
}
