//! What can't be brought about from outside: a note that comes when everything handed over has just been taken.

use std::time::Duration;

use messaging::memory::MemoryBroker;
use messaging::{Cause, StreamSpec};
use store::{Clock, Place, Store, StoreError};
use testkit::sample::inventory::v1::StockRestocked;

use super::*;

async fn restock(store: &Store) {
    let event = StockRestocked { product_id: "apple".to_owned(), quantity: 1, ..Default::default() };
    let write = store.write::<_, StoreError, _>(move |work| {
        Box::pin(async move {
            work.emit(&Cause::root("conversation"), &event);
            Ok(())
        })
    });
    write.await.expect("written");
}

async fn published(state: &RelayState, count: u64) {
    let all = async {
        while state.published() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.unwrap_or_else(|_| panic!("{} of {count}", state.published()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_no_rows_come_after_is_heeded() {
    let folder = tempfile::tempdir().expect("folder");
    let place = Place::Sqlite { folder: folder.path().to_owned() };
    let store = Store::open(&place, "inventory", &[], Clock::system()).await.expect("store");
    let (state, halt) = (Arc::new(RelayState::default()), CancellationToken::new());
    let broker = Arc::new(MemoryBroker::new());
    let (relay, feed, rows) = StreamRelay::new(store.clone(), broker, StreamSpec::events("inventory"), 8, 1, state.clone());
    let task = tokio::spawn(relay.run(rows, halt.clone()));
    restock(&store).await;
    feed.look();
    published(&state, 1).await;
    restock(&store).await;
    // As `hand` leaves it when the task empties the queue between the try and the note.
    feed.missed.store(true, Ordering::Release);
    published(&state, 2).await;
    halt.cancel();
    task.await.expect("an orderly end");
    store.close().await;
}

/// What was appended between the two questions about an empty log's end was taken for what retention has let go, and never published.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_appended_while_the_relay_looks_is_published() {
    let folder = tempfile::tempdir().expect("folder");
    for round in 0..100 {
        let place = Place::Sqlite { folder: folder.path().join(round.to_string()) };
        let store = Store::open(&place, "inventory", &[], Clock::system()).await.expect("store");
        let (state, halt) = (Arc::new(RelayState::default()), CancellationToken::new());
        let (relay, feed, rows) =
            StreamRelay::new(store.clone(), Arc::new(MemoryBroker::new()), StreamSpec::events("inventory"), 8, 1, state.clone());
        let task = tokio::spawn(relay.run(rows, halt.clone()));
        restock(&store).await;
        feed.look();
        published(&state, 1).await;
        halt.cancel();
        task.await.expect("an orderly end");
        store.close().await;
    }
}
