//! A stranger's binary: this test binary itself, started once more.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ensue_cli::App;
use provision::Guard;
use rustix::process::{Pid, Signal, kill_process};
use service_host::Service;
use tempfile::TempDir;

/// How long a start, a refusal or an orderly end may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The variable that makes the process below of the test.
const ARGUMENTS: &str = "ENSUE_TEST_BAKERY";

/// A bakery in a folder of its own; gone with the test.
pub struct Bakery {
    pub folder: TempDir,
    process: Child,
    lines: Vec<String>,
    /// Open to its end: who prints to nobody fails.
    _stdout: Option<BufReader<ChildStdout>>,
    _guard: Guard,
}

impl Bakery {
    /// Starts it with ports of its own; `settings` are variables of the environment.
    pub fn start(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let arguments = [&["bakery", "--set", "grpc.port=0", "--set", "metrics.port=0"], arguments].concat().join("\n");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "bakery::the_process", "--nocapture"]).current_dir(folder.path());
        for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("ENSUE__")) {
            command.env_remove(variable);
        }
        command.envs(settings.iter().copied()).env(ARGUMENTS, arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(folder.path().join("stderr")).unwrap());
        let process = command.spawn().unwrap();
        let guard = Guard::terminates(process.id()).unwrap();
        Self { folder, process, lines: Vec::new(), _stdout: None, _guard: guard }
    }

    /// Waits for `ready`.
    pub fn ready(mut self) -> Self {
        let mut stdout = BufReader::new(self.process.stdout.take().unwrap());
        self.lines = stdout.by_ref().lines().map_while(Result::ok).take_while(|line| line != "ready").collect();
        self._stdout = Some(stdout);
        assert!(self.process.try_wait().unwrap().is_none(), "not ready: {:?}\n{}", self.lines, self.stderr());
        self
    }

    /// What it printed before `ready`.
    pub fn stdout(&self) -> String {
        self.lines.join("\n")
    }

    /// What it wrote to stderr so far.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap()
    }

    /// SIGTERM, and how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        self.end()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// How it ended on its own.
    pub fn end(&mut self) -> ExitStatus {
        soon("does not end", || self.process.try_wait().unwrap())
    }
}

/// Looks until there is something.
pub fn soon<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Not a fact of its own: the process of the bakery.
#[test]
fn the_process() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let bakery = App::new("bakery").version("7.1.0").service("ovens", |_| Service::new("ovens"));
    assert_eq!(bakery.run(arguments.split('\n')), ExitCode::SUCCESS);
}
