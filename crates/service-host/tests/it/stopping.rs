//! An orderly end: nothing half done, nothing waited for without end.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use service_host::grpc::Settings;
use service_host::shutdown;
use tokio_stream::StreamExt;
use tonic::Code;

use crate::probe::{SOON, Server};

async fn ended(server: &mut Server) {
    tokio::time::timeout(SOON, &mut server.serving).await.expect("the server goes on").expect("the task").expect("a clean end");
}

#[tokio::test]
async fn an_open_stream_ends_with_unavailable_and_holds_nothing_up() {
    let mut server = Server::start(Settings { drain: SOON * 10, ..Settings::default() }).await;
    let client = server.client().await;
    let mut stream = client.stream("open").await.expect("a stream");
    assert_eq!(stream.next().await.expect("a word").expect("a word"), "open");
    server.stop.cancel();
    ended(&mut server).await;
    assert_eq!(stream.next().await.expect("an end").expect_err("an error").code(), Code::Unavailable);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_call_in_progress_gets_its_answer() {
    let mut server = Server::start(Settings { drain: SOON, ..Settings::default() }).await;
    let client = server.client().await;
    let calling = tokio::spawn(async move { client.say("hold").await });
    server.strings.reached.one().await;
    server.stop.cancel();
    // The port is closed by now or soon, and the call still there.
    let address = server.address;
    let deadline = Instant::now() + SOON;
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        assert!(Instant::now() < deadline, "the port stays open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!calling.is_finished());
    server.strings.release.notify_one();
    assert_eq!(calling.await.expect("the task").expect("an answer").into_inner(), "hold");
    ended(&mut server).await;
}

#[tokio::test]
async fn a_handler_that_never_ends_is_dropped_at_the_deadline() {
    let mut server = Server::start(Settings { drain: Duration::from_millis(100), ..Settings::default() }).await;
    let client = server.client().await;
    let calling = tokio::spawn(async move { client.say("hang").await });
    server.strings.reached.one().await;
    server.stop.cancel();
    ended(&mut server).await;
    assert_eq!(calling.await.expect("the task").expect_err("no answer").code(), Code::Unavailable);
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    assert_eq!(shutdown::within(Duration::from_millis(5), "nothing", std::future::pending::<()>()).await, None);
    assert_eq!(shutdown::within(SOON, "something", async { 7 }).await, Some(7));
}

/// `examples/until_signal.rs`: prints `started`, on the first signal `stopping`, and then never ends by itself.
#[test]
fn the_first_signal_asks_and_the_second_ends_the_process() {
    for signal in ["TERM", "INT"] {
        let example = std::env::current_exe().expect("this test").with_file_name("../examples/until_signal");
        let mut child = Command::new(&example)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", example.display()));
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("its output")));
        let mut next = || lines.next().expect("a line").expect("text");
        let kill = |id: u32| assert!(Command::new("kill").args([format!("-{signal}"), id.to_string()]).status().expect("kill").success());

        assert_eq!(next(), "started");
        kill(child.id());
        assert_eq!(next(), "stopping");
        kill(child.id());
        assert_eq!(child.wait().expect("its end").code(), Some(130));
    }
}
