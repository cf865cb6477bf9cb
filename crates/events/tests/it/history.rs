//! `ListEvents`: orders and defaults, filters, pages.

use catalogue::Contract as _;
use catalogue::events::v1::{Event, EventFilter, EventOrder, ListEventTypesRequest, ListEventsRequest};
use messaging::{Envelope, Kind, PROTOBUF, headers};
use prost::Message as _;
use store::{StoreError, params};
use testkit::Database;
use testkit::sample::inventory::v1::StockRestocked;

use crate::house::{House, fields, of, restocked};

testkit::on_both_databases! {
    an_aggregates_history_is_in_version_order
    where_several_domains_tell_of_one_aggregate_versions_rule_within_and_times_between
    by_type_it_is_newest_first_100_by_default
    after_a_time_it_is_strictly_later_oldest_first_1000_by_default
    filters_combine
    pages_join_without_gap_or_repeat_in_every_order
    what_can_not_be_answered_is_refused
    an_event_is_shown_whole
    the_catalogue_is_listed_with_older_names
}

/// A message that is in the log, said to have happened then.
fn message(type_: &str, aggregate: &str, key: &str, sequence: u64, time_us: i64) -> Envelope {
    Envelope {
        id: format!("{type_}-{key}-{sequence}-{time_us}"),
        type_: type_.to_owned(),
        kind: Kind::Event,
        source: type_.split('.').next().unwrap_or_default().to_owned(),
        key: key.to_owned(),
        aggregate_type: aggregate.to_owned(),
        time_us,
        schema: StockRestocked::SCHEMA.to_owned(),
        content_type: PROTOBUF.to_owned(),
        correlation_id: format!("c-{key}"),
        causation_id: String::new(),
        sequence,
        position: sequence,
        trace: Default::default(),
        extensions: Default::default(),
        payload: restocked(key, 1).encode_to_vec().into(),
    }
}

/// Writes messages into the log as if they had arrived in this order.
async fn logged(house: &House, messages: Vec<Envelope>) {
    let written = house.process.store("events").write::<_, StoreError, _>(move |work| {
        Box::pin(async move {
            for it in messages {
                let sql = "INSERT INTO log (id, kind, type, aggregate_type, key, version, correlation_id, causation_id, time_us, source, \
                           stream, partition, position, schema, content_type, traceparent, tracestate, extensions, payload) \
                           VALUES ($1, 'event', $2, $3, $4, $5, $6, '', $7, $8, $9, 0, $5, $10, $11, '', '', '', $12)";
                let params = params![
                    &it.id,
                    &it.type_,
                    &it.aggregate_type,
                    &it.key,
                    it.sequence,
                    &it.correlation_id,
                    it.time_us,
                    &it.source,
                    it.stream(),
                    &it.schema,
                    &it.content_type,
                    it.payload.as_ref()
                ];
                work.execute(sql, params).await?;
            }
            Ok(())
        })
    });
    written.await.expect("rows in the log");
}

fn by(change: impl FnOnce(&mut EventFilter)) -> ListEventsRequest {
    let mut filter = EventFilter::default();
    change(&mut filter);
    ListEventsRequest { filter: Some(filter), ..ListEventsRequest::default() }
}

fn ids(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_str()).collect()
}

async fn an_aggregates_history_is_in_version_order(database: Database) {
    let house = House::on(database).await;
    house.restock("apple", 1..=20).await;
    house.restock("pear", 1..=3).await;
    let filter = EventFilter { aggregate_type: "product".to_owned(), key: "apple".to_owned(), ..EventFilter::default() };
    let events = house.events(filter, 20).await;
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert!(events.iter().all(|event| event.source == "inventory" && event.position > 0 && event.kind == "event"));
}

async fn where_several_domains_tell_of_one_aggregate_versions_rule_within_and_times_between(database: Database) {
    let house = House::on(database).await;
    let of = |type_: &str, sequence, time_us| message(type_, "order", "o1", sequence, time_us);
    // The order's clock went back between its second and its third event.
    let order = [of("order.placed", 1, 10), of("order.status_updated", 2, 50), of("order.confirmed", 3, 40)];
    let others = [of("payment.completed", 1, 20), of("inventory.reserved", 1, 15), of("inventory.deducted", 2, 60)];
    logged(&house, others.into_iter().chain(order).rev().collect()).await;
    let request = by(|filter| (filter.aggregate_type, filter.key) = ("order".to_owned(), "o1".to_owned()));
    let (events, _) = house.list(request).await.unwrap();
    let types: Vec<&str> = events.iter().map(|event| event.r#type.as_str()).collect();
    let expected =
        ["order.placed", "inventory.reserved", "payment.completed", "order.status_updated", "order.confirmed", "inventory.deducted"];
    assert_eq!(types, expected);
}

async fn by_type_it_is_newest_first_100_by_default(database: Database) {
    let house = House::on(database).await;
    logged(&house, (1..=150).map(|at| message("order.placed", "order", &format!("o{at}"), 1, 1_000 + at)).collect()).await;
    logged(&house, vec![message("order.confirmed", "order", "o9", 2, 9_000)]).await;
    let (events, more) = house.list(by(|filter| filter.types = vec!["order.created".to_owned()])).await.unwrap();
    assert_eq!((events.len(), more.is_empty()), (100, false));
    assert_eq!((events[0].key.as_str(), events[99].key.as_str()), ("o150", "o51"), "by an older name as well");
    let (events, _) = house.list(by(|filter| filter.domain = "order".to_owned())).await.unwrap();
    assert_eq!(events[0].r#type, "order.confirmed");
    let (events, _) = house.list(ListEventsRequest::default()).await.unwrap();
    assert_eq!((events.len(), events[0].key.as_str()), (100, "o9"));
}

async fn after_a_time_it_is_strictly_later_oldest_first_1000_by_default(database: Database) {
    let house = House::on(database).await;
    logged(&house, (1..=1_100).rev().map(|at| message("order.placed", "order", &format!("o{at}"), 1, at)).collect()).await;
    let (events, more) = house.list(by(|filter| filter.after = Some(headers::timestamp(50)))).await.unwrap();
    assert_eq!((events.len(), more.is_empty()), (1_000, false));
    assert_eq!((events[0].key.as_str(), events[999].key.as_str()), ("o51", "o1050"));
    let (events, more) = house.list(by(|filter| filter.after = Some(headers::timestamp(1_099)))).await.unwrap();
    assert_eq!((events.len(), more.as_str()), (1, ""));
}

async fn filters_combine(database: Database) {
    let house = House::on(database).await;
    let rows = vec![
        message("order.placed", "order", "1", 1, 100),
        message("order.confirmed", "order", "1", 2, 200),
        message("payment.completed", "order", "1", 1, 150),
        message("order.placed", "order", "2", 1, 110),
        message("inventory.restocked", "product", "1", 1, 120),
        message("inventory.restocked", "product", "1", 2, 130),
    ];
    logged(&house, rows).await;
    let found = async |change: &dyn Fn(&mut EventFilter)| {
        let mut request = by(change);
        request.set_order(EventOrder::OldestFirst);
        let (events, _) = house.list(request).await.unwrap();
        events.into_iter().map(|event| format!("{} {}", event.r#type, event.key)).collect::<Vec<_>>()
    };
    type Case<'a> = (&'a dyn Fn(&mut EventFilter), &'a [&'a str]);
    let all: [Case; 8] = [
        (
            &|f| f.key = "1".into(),
            &["order.placed 1", "inventory.restocked 1", "inventory.restocked 1", "payment.completed 1", "order.confirmed 1"],
        ),
        (&|f| (f.key, f.aggregate_type) = ("1".into(), "product".into()), &["inventory.restocked 1", "inventory.restocked 1"]),
        (&|f| (f.key, f.domain) = ("1".into(), "order".into()), &["order.placed 1", "order.confirmed 1"]),
        (&|f| f.correlation_id = "c-2".into(), &["order.placed 2"]),
        (
            &|f| (f.correlation_id, f.types) = ("c-1".into(), vec!["order.placed".into(), "payment.completed".into()]),
            &["order.placed 1", "payment.completed 1"],
        ),
        (&|f| (f.correlation_id, f.key, f.source) = ("c-1".into(), "1".into(), "payment".into()), &[]),
        (
            &|f| (f.from, f.to) = (Some(headers::timestamp(110)), Some(headers::timestamp(130))),
            &["order.placed 2", "inventory.restocked 1"],
        ),
        (
            &|f| (f.aggregate_type, f.after, f.to) = ("order".into(), Some(headers::timestamp(100)), Some(headers::timestamp(200))),
            &["order.placed 2", "payment.completed 1"],
        ),
    ];
    for (at, (change, expected)) in all.into_iter().enumerate() {
        assert_eq!(found(change).await, expected, "filter {at}");
    }
}

async fn pages_join_without_gap_or_repeat_in_every_order(database: Database) {
    let house = House::on(database).await;
    // Many at the same time, and one aggregate in three domains.
    let rows = (0..60).map(|at| {
        let type_ = ["order.status_updated", "payment.refunded", "inventory.returned"][at as usize % 3];
        message(type_, "order", "o1", 1 + at as u64 / 3, 1_000 + at / 7)
    });
    logged(&house, rows.collect()).await;
    for order in [EventOrder::NewestFirst, EventOrder::OldestFirst, EventOrder::Sequence] {
        for narrow in [true, false] {
            let request = |size: i32, token: String| {
                let mut request = by(|filter| {
                    filter.aggregate_type = "order".to_owned();
                    if narrow || order == EventOrder::Sequence {
                        filter.key = "o1".to_owned();
                    }
                });
                request.set_order(order);
                (request.page_size, request.page_token) = (size, token);
                request
            };
            let (whole, end) = house.list(request(1_000, String::new())).await.unwrap();
            assert_eq!((whole.len(), end.as_str()), (60, ""));
            let (mut joined, mut token) = (Vec::new(), String::new());
            loop {
                let (events, next) = house.list(request(7, token)).await.unwrap();
                joined.extend(events);
                token = next;
                if token.is_empty() {
                    break;
                }
            }
            assert_eq!(ids(&joined), ids(&whole), "{order:?}");
        }
    }
}

async fn what_can_not_be_answered_is_refused(database: Database) {
    let house = House::on(database).await;
    logged(&house, (1..=3).map(|at| message("order.placed", "order", "o1", at, 100)).collect()).await;
    let refused = async |request: ListEventsRequest| fields(&house.list(request).await.unwrap_err());
    assert_eq!(refused(by(|filter| filter.types = vec!["order.plcaed".into()])).await, ["filter.types[0]"]);
    assert_eq!(refused(by(|filter| filter.domain = "ordre".into())).await, ["filter.domain"]);
    assert_eq!(refused(ListEventsRequest { order: EventOrder::Sequence.into(), ..by(|filter| filter.key = "o1".into()) }).await, ["order"]);
    assert_eq!(refused(ListEventsRequest { page_size: -1, ..Default::default() }).await, ["page_size"]);
    assert_eq!(refused(ListEventsRequest { page_token: "token".into(), ..Default::default() }).await, ["page_token"]);
    let (_, token) = house.list(ListEventsRequest { page_size: 1, ..by(|filter| filter.domain = "order".into()) }).await.unwrap();
    assert!(!token.is_empty());
    assert_eq!(refused(ListEventsRequest { page_token: token, ..by(|filter| filter.key = "o1".into()) }).await, ["page_token"]);
}

async fn an_event_is_shown_whole(database: Database) {
    let house = House::on(database).await;
    house.restock("apple", [500]).await;
    let event = house.events(of::<StockRestocked>(), 1).await.remove(0);
    assert_eq!((event.r#type.as_str(), event.key.as_str(), event.aggregate_type.as_str()), ("inventory.restocked", "apple", "product"));
    assert_eq!((event.schema.as_str(), event.causation_id.as_str()), (StockRestocked::SCHEMA, ""));
    assert!(!event.correlation_id.is_empty() && event.time.is_some());
    let data = event.data.expect("data");
    let number = prost_types::value::Kind::NumberValue(500.0);
    assert_eq!(data.fields["quantity"].kind, Some(number));
    assert!(event.payload.is_empty());
    let request = ListEventsRequest { filter: Some(of::<StockRestocked>()), with_payload: true, ..Default::default() };
    let (events, _) = house.list(request).await.unwrap();
    assert_eq!(StockRestocked::decode(events[0].payload.clone()).unwrap(), restocked("apple", 500));
}

async fn the_catalogue_is_listed_with_older_names(database: Database) {
    let house = House::on(database).await;
    let all = house.client().list_event_types(ListEventTypesRequest::default()).await.unwrap().into_inner().event_types;
    let placed = all.iter().find(|entry| entry.r#type == "order.placed").expect("order.placed");
    assert_eq!(placed.aliases, ["order.created"]);
    assert_eq!(placed.schemas, ["sample.orders.v1.OrderPlaced", "sample.orders.v2.OrderPlaced"]);
    assert_eq!((placed.service.as_str(), placed.key_field.as_str(), placed.by_hand), ("orders", "order_id", false));
    assert!(all.iter().any(|entry| entry.kind == "command" && entry.r#type == "inventory.restock" && entry.by_hand));
    let (mut joined, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListEventTypesRequest { page_size: 9, page_token, ..Default::default() };
        let answer = house.client().list_event_types(request).await.unwrap().into_inner();
        joined.extend(answer.event_types);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(joined, all);
}
