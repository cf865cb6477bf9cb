//! `TailEvents`: live, from the commit on.

use std::time::Duration;

use catalogue::events::v1::event_service_client::EventServiceClient;
use catalogue::events::v1::{Event, EventFilter, TailEventsRequest, TailEventsResponse};
use testkit::sample::inventory::v1::StockRestocked;
use testkit::{Database, SOON};
use tonic::transport::Endpoint;
use tonic::{Code, Status, Streaming};

use crate::house::{House, of};

testkit::on_both_databases! {
    events_are_seen_as_they_come
    the_last_ones_come_first_and_none_comes_twice
    who_does_not_keep_up_is_told_and_costs_nothing
}

async fn next(events: &mut Streaming<TailEventsResponse>) -> Result<Event, Status> {
    let event = tokio::time::timeout(SOON, events.message()).await.expect("an event in time")?;
    Ok(event.expect("an open stream").event.expect("an event"))
}

async fn events_are_seen_as_they_come(database: Database) {
    let house = House::on(database).await;
    house.restock("apple", [1]).await;
    house.events(of::<StockRestocked>(), 1).await;
    let request = |key: &str| {
        let filter = EventFilter { key: key.to_owned(), ..of::<StockRestocked>() };
        TailEventsRequest { filter: Some(filter), last: 0 }
    };
    let mut apples = house.client().tail_events(request("apple")).await.unwrap().into_inner();
    let mut pears = house.client().tail_events(request("pear")).await.unwrap().into_inner();
    house.restock("apple", [2, 3]).await;
    house.restock("pear", [4]).await;
    assert_eq!(next(&mut apples).await.unwrap().sequence, 2);
    assert_eq!(next(&mut apples).await.unwrap().sequence, 3);
    let pear = next(&mut pears).await.unwrap();
    assert_eq!((pear.key.as_str(), pear.sequence, pear.data.is_some()), ("pear", 1, true));
}

async fn the_last_ones_come_first_and_none_comes_twice(database: Database) {
    let house = House::on(database).await;
    house.restock("apple", 1..=10).await;
    house.events(of::<StockRestocked>(), 10).await;
    let request = TailEventsRequest { filter: Some(of::<StockRestocked>()), last: 3 };
    let mut tail = house.client().tail_events(request).await.unwrap().into_inner();
    house.restock("apple", 11..=15).await;
    for expected in 8..=15 {
        assert_eq!(next(&mut tail).await.unwrap().sequence, expected);
    }
}

async fn who_does_not_keep_up_is_told_and_costs_nothing(database: Database) {
    let house = House::on(database).await;
    // A client that takes little at a time, and at first nothing.
    let endpoint = Endpoint::from_shared(format!("http://{}", house.process.running().grpc)).unwrap();
    let channel = endpoint.initial_stream_window_size(65_535).initial_connection_window_size(65_535).connect().await.unwrap();
    let request = TailEventsRequest { filter: Some(of::<StockRestocked>()), last: 0 };
    let mut slow = EventServiceClient::new(channel).tail_events(request.clone()).await.unwrap().into_inner();
    let mut quick = house.client().tail_events(request).await.unwrap().into_inner();
    let count = 6_000;
    house.restock("apple", 1..=count).await;
    for expected in 1..=count {
        assert_eq!(next(&mut quick).await.unwrap().sequence, expected as u64, "who keeps up misses nothing");
    }
    let status = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            if let Err(status) = next(&mut slow).await {
                return status;
            }
        }
    });
    assert_eq!(status.await.expect("an end in time").code(), Code::ResourceExhausted);
}
