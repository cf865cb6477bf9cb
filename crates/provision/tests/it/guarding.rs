use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use provision::Guard;

/// A process that would run for ten minutes.
fn sleeper() -> std::process::Child {
    Command::new("sleep").arg("600").stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_dropped_guard_leaves_what_it_guards_alone() {
    let mut child = sleeper();
    drop(Guard::terminates(child.id()).unwrap());
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_guarded_ends_when_its_owner_is_killed() {
    let mut child = sleeper();
    // An owner of its own, which is this same test binary running the test below.
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "guarding::owner_of_a_guard", "--nocapture"])
        .env("ENSUE_TEST_GUARDED", child.id().to_string())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(owner.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "guarding\n");
    assert!(child.try_wait().unwrap().is_none(), "it ended while its owner lived");
    owner.kill().unwrap();
    owner.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it outlived its owner");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Not a fact of its own: the owner that the test above kills.
#[test]
fn owner_of_a_guard() {
    let Ok(pid) = std::env::var("ENSUE_TEST_GUARDED") else { return };
    let _guard = Guard::terminates(pid.parse().unwrap()).unwrap();
    eprintln!("guarding");
    std::thread::sleep(Duration::from_secs(600));
}
