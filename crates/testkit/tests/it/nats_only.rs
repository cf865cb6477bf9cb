//! What only a real server can show: its kills, its silence, its logins.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use messaging::{Broker, BrokerError, Expect, ObjectError, Outgoing, PublishError, ReadFrom, Reader, ReaderSpec, StreamSpec};
use messaging_nats::{NatsBroker, Options};
use testkit::NatsServer;
use testkit::broker_suite::Harness;
use tokio::time::{Instant, timeout};

use crate::nats::Nats;

const STREAM: &str = "EVENTS_ORDER";

fn message(id: &str) -> Outgoing {
    Outgoing { subject: "events.order.placed.a".to_owned(), message_id: id.to_owned(), headers: Vec::new(), payload: Default::default() }
}

async fn fill(broker: &NatsBroker, from: u64, to: u64) {
    for number in from..=to {
        broker.publish(message(&number.to_string()), Expect::Any).await.unwrap().await.unwrap();
    }
}

async fn reader(broker: &NatsBroker, from: ReadFrom) -> Result<Box<dyn Reader>, BrokerError> {
    let spec =
        ReaderSpec { stream: STREAM.to_owned(), durable: "suite".to_owned(), filters: Vec::new(), from, prefetch: 100, unused_for: None };
    broker.read(spec).await
}

async fn with_stream() -> Nats {
    let nats = Nats::start().await;
    nats.broker.ensure(&StreamSpec::events("order")).await.unwrap();
    nats
}

/// Polls until there is an answer, for at most `limit`.
async fn eventually<T>(limit: Duration, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = attempt().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The server takes the files of the one before away meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_can_be_made_anew_again_and_again() {
    let nats = with_stream().await;
    fill(&nats.broker, 1, 3).await;
    for _ in 0..300 {
        let mut open = reader(&nats.broker, ReadFrom::Sequence(2)).await.unwrap();
        assert_eq!(open.take(1).await.unwrap()[0].sequence, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_deleted_by_someone_else_is_noticed_soon() {
    let nats = with_stream().await;
    fill(&nats.broker, 1, 3).await;
    let mut open = reader(&nats.broker, ReadFrom::First).await.unwrap();
    assert!(!open.take(10).await.unwrap().is_empty());
    let deletion = async { nats.broker.context().delete_consumer_from_stream("suite", STREAM).await.unwrap() };
    let noticed = async {
        loop {
            if let Err(error) = open.take(10).await {
                return error;
            }
        }
    };
    let (_, error) = tokio::join!(deletion, timeout(Duration::from_secs(3), noticed));
    assert!(matches!(error, Ok(BrokerError::ReaderLost(_))), "{error:?}");
}

/// Killed in full flight, again and again: whoever reads on from its stored place gets every message, in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_of_the_server_cost_a_reader_nothing() {
    let nats = with_stream().await;
    let mut read: Vec<u64> = Vec::new();
    let mut published = 0;
    for _ in 0..3 {
        fill(&nats.broker, published + 1, published + 500).await;
        published += 500;
        let place = read.last().map_or(ReadFrom::First, |last| ReadFrom::Sequence(last + 1));
        let mut open = eventually(Duration::from_secs(15), async || reader(&nats.broker, place).await.ok()).await;
        read.extend(open.take(50).await.unwrap().iter().map(|message| message.sequence));
        nats.server.kill();
        nats.server.restart().await;
        let told = timeout(Duration::from_secs(10), async {
            loop {
                match open.take(50).await {
                    Ok(batch) => read.extend(batch.iter().map(|message| message.sequence)),
                    Err(error) => return Some(error),
                }
                if read.len() as u64 == published {
                    return None;
                }
            }
        });
        let told = told.await.expect("everything, or the word that the reader is lost, within ten seconds");
        assert!(matches!(told, None | Some(BrokerError::ReaderLost(_))), "{told:?}");
        eventually(Duration::from_secs(15), async || nats.broker.state(STREAM).await.ok().flatten()).await;
    }
    let place = read.last().map_or(ReadFrom::First, |last| ReadFrom::Sequence(last + 1));
    let mut open = eventually(Duration::from_secs(15), async || reader(&nats.broker, place).await.ok()).await;
    while (read.len() as u64) < published {
        let batch = timeout(Duration::from_secs(15), open.take(1_000)).await.expect("the rest").unwrap();
        read.extend(batch.iter().map(|message| message.sequence));
    }
    assert_eq!(read, (1..=published).collect::<Vec<_>>());
}

/// The connection stands, the server says nothing: only the missed heartbeats and the missing answers tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_noticed_within_ten_seconds() {
    let nats = with_stream().await;
    fill(&nats.broker, 1, 3).await;
    let mut open = reader(&nats.broker, ReadFrom::First).await.unwrap();
    let mut read = 0;
    while read < 3 {
        read += open.take(10).await.unwrap().len();
    }
    nats.server.pause();
    let hanging = Instant::now();
    let publish = async { nats.broker.publish(message("4"), Expect::Any).await?.await };
    let (told, answer) = tokio::join!(timeout(Duration::from_secs(12), open.take(1)), timeout(Duration::from_secs(8), publish));
    let took = hanging.elapsed();
    nats.server.resume();
    assert!(matches!(told, Ok(Err(BrokerError::ReaderLost(_)))), "{told:?} after {took:?}");
    assert_eq!(answer, Ok(Err(PublishError::Ambiguous)));
    // Both may be: it was on its way. The same id settles it.
    let place = ReadFrom::Sequence(4);
    let mut open = eventually(Duration::from_secs(15), async || reader(&nats.broker, place).await.ok()).await;
    nats.broker.publish(message("4"), Expect::Any).await.unwrap().await.unwrap();
    assert_eq!(open.take(10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_settled_shows_in_the_consumers_info() {
    let nats = with_stream().await;
    fill(&nats.broker, 1, 10).await;
    let mut open = reader(&nats.broker, ReadFrom::First).await.unwrap();
    let mut read = 0;
    while read < 10 {
        read += open.take(3).await.unwrap().len();
    }
    open.settle(7).await.unwrap();
    let stream = nats.broker.context().get_stream(STREAM).await.unwrap();
    let floor = async || stream.consumer_info("suite").await.unwrap().ack_floor.stream_sequence;
    eventually(Duration::from_secs(5), async || (floor().await == 7).then_some(())).await;
    open.settle(10).await.unwrap();
    eventually(Duration::from_secs(5), async || (floor().await == 10).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_can_be_had_before_its_server_is_there() {
    let server = NatsServer::start().await;
    server.kill();
    assert!(NatsBroker::connect(Options::new(server.url(), "suite")).await.is_err(), "nobody there");
    let options = Options { retry_on_initial_connect: true, ..Options::new(server.url(), "suite") };
    let broker = NatsBroker::connect(options).await.unwrap();
    assert_eq!(broker.connections(), 0);
    assert!(matches!(broker.ensure(&StreamSpec::events("order")).await, Err(BrokerError::Unavailable(_))));
    let refused = broker.publish(message("1"), Expect::Any).await.err();
    assert_eq!(refused, Some(PublishError::Ambiguous));
    server.restart().await;
    eventually(Duration::from_secs(20), async || broker.ensure(&StreamSpec::events("order")).await.ok()).await;
    assert_eq!(broker.connections(), 1);
    fill(&broker, 1, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_in_the_url_logs_in() {
    let server = NatsServer::start_with(&["--auth", "s3cret"]).await;
    assert!(NatsBroker::connect(Options::new(server.url(), "suite")).await.is_err(), "without a token");
    let url = server.url().replace("nats://", "nats://s3cret@");
    let broker = NatsBroker::connect(Options::new(url, "suite")).await.unwrap();
    broker.ensure(&StreamSpec::events("order")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wiped_store_is_an_empty_broker_on_the_same_port() {
    let nats = with_stream().await;
    fill(&nats.broker, 1, 3).await;
    nats.server.kill();
    nats.server.wipe_store();
    nats.server.restart().await;
    let state = eventually(Duration::from_secs(15), async || nats.broker.state(STREAM).await.ok()).await;
    assert_eq!(state, None);
    nats.broker.ensure(&StreamSpec::events("order")).await.unwrap();
    fill(&nats.broker, 1, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_that_fails_leaves_no_chunk_in_the_stream() {
    let nats = Nats::start().await;
    let objects = nats.objects();
    let put = |content: Vec<Result<Bytes, ObjectError>>| objects.put("suite", "one", stream::iter(content).boxed());
    put(vec![Ok(Bytes::from(vec![1; 300_000]))]).await.unwrap();
    let held = async || nats.broker.state("OBJ_suite").await.unwrap().unwrap().messages;
    assert_eq!(held().await, 3 + 1, "three chunks, and what is known of them");
    let broken = put(vec![Ok(Bytes::from(vec![2; 900_000])), Err(ObjectError::BrokenOff("gone".to_owned()))]).await;
    assert!(broken.is_err());
    assert_eq!(held().await, 3 + 1);
    put(vec![Ok(Bytes::from(vec![3; 10]))]).await.unwrap();
    assert_eq!(held().await, 1 + 1, "those of the object before are gone too");
}

/// The server takes what is known of the object, and hangs before it says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_stored_without_a_word_of_it_is_not_destroyed() {
    let nats = Nats::start().await;
    let (pieces, content) = futures::channel::mpsc::unbounded();
    let objects = nats.objects();
    let put = tokio::spawn(async move { objects.put("suite", "one", content.boxed()).await });
    // A whole chunk: it is stored at once.
    let body = Bytes::from(vec![7; 128 << 10]);
    pieces.unbounded_send(Ok(body.clone())).unwrap();
    let chunk = async || nats.broker.state("OBJ_suite").await.ok().flatten().filter(|state| state.messages == 1);
    eventually(Duration::from_secs(10), chunk).await;
    nats.server.pause();
    drop(pieces);
    let answer = put.await.unwrap();
    nats.server.resume();
    assert!(matches!(answer, Err(ObjectError::Unavailable(_))), "{answer:?}");
    let objects = nats.objects();
    let got = eventually(Duration::from_secs(15), async || objects.get("suite", "one").await.ok()).await;
    let got: Result<Vec<Bytes>, ObjectError> = got.try_collect().await;
    assert_eq!(got.map(|chunks| chunks.concat()), Ok(body.to_vec()));
}
