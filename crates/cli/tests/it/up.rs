//! `up` brings its broker along, unless one is named.

use std::net::TcpListener;

use crate::bakery::{Bakery, soon};

fn free_port() -> String {
    provision::free_port().unwrap().to_string()
}

/// Somebody who listens where the broker did.
fn listen(port: &str) -> Option<TcpListener> {
    TcpListener::bind(("127.0.0.1", port.parse().unwrap())).ok()
}

#[test]
fn a_broker_is_started_with_all_its_files_below_the_data_and_stopped_last() {
    let port = free_port();
    let mut bakery = Bakery::start(&["up", "--nats-port", &port, "--set", "data_dir=elsewhere"], &[]).ready();
    assert!(bakery.stdout().contains(&format!("NATS     nats://127.0.0.1:{port}")), "{}", bakery.stdout());
    let said = format!("nats-server: nats://127.0.0.1:{port}, files in elsewhere/nats, log in elsewhere/nats-server.log\n");
    assert!(bakery.stderr().contains(&said), "{}", bakery.stderr());
    let folder = bakery.folder.path().to_path_buf();
    assert!(folder.join("elsewhere/nats/jetstream").is_dir(), "the streams of the services");
    let mut there: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(there, ["elsewhere", "stderr"], "nothing of it is beside the data");

    assert!(bakery.stop().success(), "{}", bakery.stderr());
    assert!(listen(&port).is_some(), "the broker outlived it");
    let log = std::fs::read_to_string(folder.join("elsewhere/nats-server.log")).unwrap();
    assert!(log.contains("Server Exiting"), "the broker closed its files: {log}");
}

#[test]
fn the_broker_of_a_killed_process_ends_too_and_the_next_start_takes_its_place() {
    let port = free_port();
    let data = tempfile::tempdir().unwrap();
    let folder = format!("data_dir={}", data.path().display());
    let start = || Bakery::start(&["up", "--nats-port", &port, "--set", &folder], &[]).ready();
    start().kill();
    let mut again = start();
    assert!(again.stop().success(), "{}", again.stderr());
}

#[test]
fn two_of_them_do_not_share_a_folder() {
    let first = Bakery::start(&["up", "--nats-port", &free_port()], &[]).ready();
    let folder = format!("data_dir={}", first.folder.path().join("data").display());
    let mut second = Bakery::start(&["up", "--nats-port", &free_port(), "--set", &folder], &[]);
    assert!(!second.end().success());
    assert!(second.stderr().contains("another nats-server is using them"), "{}", second.stderr());
}

#[test]
fn a_taken_port_is_named_with_the_settings_that_move_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut bakery = Bakery::start(&["up", "--nats-port", &port], &[]);
    assert!(!bakery.end().success());
    let stderr = bakery.stderr();
    let why = stderr.lines().find(|line| line.starts_with("bakery: ")).unwrap_or_else(|| panic!("{stderr}"));
    for part in [&format!("port {port}, for nats-server, is taken"), "--nats-port", "nats.url", "ENSUE__NATS__URL"] {
        assert!(why.contains(part), "{why} lacks {part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_named_is_used_and_none_is_started() {
    let nats = testkit::NatsServer::start().await;
    let url = nats.url();
    let mut bakery = Bakery::start(&["up"], &[("ENSUE__NATS__URL", &url)]).ready();
    assert!(bakery.stdout().contains(&format!("NATS     {url}")), "{}", bakery.stdout());
    let stderr = bakery.stderr();
    assert!(stderr.contains("nats-server: none started") && stderr.contains("ENSUE__NATS__URL"), "{stderr}");
    assert!(bakery.stop().success(), "{}", bakery.stderr());
    assert!(!bakery.folder.path().join("data/nats").exists());
}

#[test]
fn a_broker_that_ended_is_said_and_the_rest_still_stops_in_order() {
    let port = free_port();
    let mut bakery = Bakery::start(&["up", "--nats-port", &port], &[]).ready();
    let broker = children_named(&port);
    rustix::process::kill_process(rustix::process::Pid::from_raw(broker).unwrap(), rustix::process::Signal::KILL).unwrap();
    soon("its end is not said", || bakery.stderr().contains("nats-server ended").then_some(()));
    assert!(bakery.stop().success(), "{}", bakery.stderr());
}

/// The process whose command line has this port of nats-server.
fn children_named(port: &str) -> i32 {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_it = |id: &i32| {
        let line = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.contains("--jetstream\0") && line.contains(&format!("--port\0{port}\0"))
    };
    ids.find(is_it).unwrap()
}
