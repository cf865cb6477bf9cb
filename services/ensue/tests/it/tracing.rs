//! One order is one trace: from the call through store, relay, broker and every consumer to the mail, as an OTLP collector sees it.

use std::collections::BTreeSet;
use std::time::Duration;

use contracts::orders::v1::OrderStatus;
use testkit::otlp::{self, Otlp, Span};
use tonic::Request;

use crate::shop::{Shop, order, setup};

async fn open() -> (Otlp, Shop) {
    let otlp = Otlp::start().await.expect("a collector");
    let shop = Shop::with(setup().set("telemetry.otlp_endpoint", otlp.endpoint())).await;
    shop.product("apple", "Apple", 10, 100).await;
    // Known to the orders service from here on.
    shop.ends_as(order("warm-up", &[("apple", 1)], "tok_ok"), OrderStatus::Confirmed, "").await;
    (otlp, shop)
}

/// Places the order under this correlation id and waits for its end.
async fn place(shop: &Shop, id: &str, token: &str, correlation_id: &str) {
    let mut request = Request::new(order(id, &[("apple", 2)], token));
    request.metadata_mut().insert("x-correlation-id", correlation_id.parse().expect("an id"));
    let answer = shop.clients.orders.clone().place_order(request).await.expect("an order");
    assert_eq!(answer.metadata().get("x-correlation-id").expect("it comes back"), correlation_id);
    shop.ended(id).await;
}

/// The spans of the conversation, once these services have led to one another in it, and spans of these names are there.
async fn trace(otlp: &Otlp, correlation_id: &str, expected: &BTreeSet<(String, String)>, names: &[&str]) -> Vec<Span> {
    let of_it = |span: &&Span| span.attributes.get("ensue.correlation_id").is_some_and(|id| id == correlation_id);
    // Services are exported one after the other: the collector has all of it some time after the order has ended.
    let enough = |spans: &[Span]| {
        let named = |name: &&str| spans.iter().filter(of_it).any(|span| span.name == **name);
        let trace_id = spans.iter().find(of_it).map(|span| span.trace_id.as_str());
        names.iter().all(named) && trace_id.is_some_and(|trace_id| expected.is_subset(&otlp::edges(spans, trace_id)))
    };
    let spans = otlp.wait_for(enough, Duration::from_secs(30)).await.unwrap_or_else(|error| {
        let seen: Vec<_> = otlp.spans().iter().filter(of_it).map(|span| (span.service.clone(), span.name.clone())).collect();
        panic!("not {expected:?} and {names:?}: {error}; seen: {seen:#?}")
    });
    let spans: Vec<Span> = spans.iter().filter(of_it).cloned().collect();
    let traces: BTreeSet<&str> = spans.iter().map(|span| span.trace_id.as_str()).collect();
    assert_eq!(traces.len(), 1, "one conversation is one trace");
    spans
}

fn pairs(list: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    list.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_one_trace_from_the_call_to_the_confirmation_mail() {
    let (collector, shop) = open().await;
    place(&shop, "o-1", "tok_ok", "traced-order").await;
    shop.told("o-1", "order_confirmed").await;
    let expected = pairs(&[
        ("orders", "inventory"),
        ("inventory", "orders"),
        ("orders", "payments"),
        ("payments", "orders"),
        ("orders", "shipping"),
        ("shipping", "orders"),
        ("orders", "notifications"),
    ]);
    let names = [
        "send EVENTS_ORDER",
        "process inventory.reserve",
        "process inventory.deduct",
        "call email",
        "ensue.orders.v1.OrderService/PlaceOrder",
    ];
    let spans = trace(&collector, "traced-order", &expected, &names).await;
    let known: BTreeSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    let roots: Vec<&Span> = spans.iter().filter(|span| !known.contains(span.parent_span_id.as_str())).collect();
    assert_eq!(roots.len(), 1, "all hang on the call: {roots:#?}");
    assert_eq!((roots[0].service.as_str(), roots[0].kind), ("orders", "server"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_order_is_one_trace_with_its_compensation() {
    let (collector, shop) = open().await;
    place(&shop, "o-2", "tok_declined", "traced-refusal").await;
    shop.told("o-2", "order_cancelled").await;
    let expected = pairs(&[
        ("orders", "inventory"),
        ("inventory", "orders"),
        ("orders", "payments"),
        ("payments", "orders"),
        ("orders", "notifications"),
    ]);
    let spans = trace(&collector, "traced-refusal", &expected, &["process inventory.release", "process inventory.released"]).await;
    assert!(!spans.iter().any(|span| span.service == "shipping"), "nothing was shipped");
}
