//! What is malformed is refused with the fields that are wrong, and leaves no trace; what is malformed on the broker harms nobody.

use contracts::orders::v1::{OrderStatus, PlaceOrderRequest};
use contracts::types::v1::Money;
use testkit::{SOON, eventually};
use tonic::transport::Endpoint;
use tonic::{Code, Request, Response};
use tonic_prost::ProstCodec;

use crate::shop::{Shop, order, setup, violations};
use crate::tables::rows;

/// Every refusal with the field that it names.
fn malformed() -> Vec<(&'static str, PlaceOrderRequest)> {
    let good = || order("o-bad", &[("apple", 1)], "tok_ok");
    let mut wrong_price = good();
    wrong_price.items[0].unit_price = Some(Money { minor_units: 99, currency: "CNY".to_owned() });
    let mut bad_user = good();
    bad_user.user_id = "no spaces, please".to_owned();
    vec![
        ("items", order("o-bad", &[], "tok_ok")),
        ("items[0].quantity", order("o-bad", &[("apple", 0)], "tok_ok")),
        ("items[0].quantity", order("o-bad", &[("apple", -1)], "tok_ok")),
        ("items[1].product_id", order("o-bad", &[("apple", 1), ("unicorn", 1)], "tok_ok")),
        ("items[0].unit_price", wrong_price),
        ("user_id", bad_user),
        ("payment.token", order("o-bad", &[("apple", 1)], "")),
        ("payment.token", order("o-bad", &[("apple", 1)], &"x".repeat(1_000_000))),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_order_names_its_fields_and_leaves_no_trace() {
    let shop = Shop::open().await;
    shop.product("apple", "Apple", 10, 100).await;
    shop.ends_as(order("o-good", &[("apple", 1)], "tok_ok"), OrderStatus::Confirmed, "").await;
    shop.told("o-good", "order_confirmed").await;
    shop.agrees().await;
    let before = quiet(&shop).await;

    for (field, wish) in malformed() {
        let status = shop.try_to_place(wish).await.expect_err(field);
        assert_eq!(status.code(), Code::InvalidArgument, "{field}: {status:?}");
        let fields = violations(&status);
        assert!(fields.iter().any(|(named, _)| named == field), "{field} is not among {fields:?}");
    }
    // Too large to be looked at.
    let huge = order("o-bad", &[("apple", 1)], &"x".repeat(10 << 20));
    let status = shop.try_to_place(huge).await.expect_err("10 MB");
    assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted | Code::InvalidArgument), "{status:?}");
    // A number that is no status.
    let request = contracts::orders::v1::UpdateOrderStatusRequest { order_id: "o-good".to_owned(), status: 99, ..Default::default() };
    let status = shop.clients.orders.clone().update_order_status(request).await.expect_err("status 99");
    assert_eq!((status.code(), violations(&status)[0].0.as_str()), (Code::InvalidArgument, "status"));

    assert_eq!(quiet(&shop).await, before);
}

/// Of every service there is, asked for whatever comes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_service_reads_a_message_that_is_larger_than_the_setting_allows() {
    let system = setup().set("grpc.max_message_bytes", 2_048).start().await;
    let channel = Endpoint::from_shared(system.url().to_owned()).expect("an address").connect_lazy();
    let mut asked = Vec::new();
    for service in contracts::catalogue().pool().services().filter(|service| service.full_name().starts_with("ensue.")) {
        let method = service.methods().find(|method| !method.is_client_streaming() && !method.is_server_streaming()).expect("a call");
        let path = format!("/{}/{}", service.full_name(), method.name());
        for (size, too_large) in [(2_000, false), (2_049, true)] {
            let mut client = tonic::client::Grpc::new(channel.clone());
            client.ready().await.expect("a connection");
            // A text as the first field: an id that is none, a number of the wrong kind, or what nobody knows.
            let request = Request::new("?".repeat(size));
            let answer =
                client.unary(request, path.parse().expect("a path"), ProstCodec::<String, ()>::default()).await.map(Response::into_inner);
            let said = answer.map_or_else(|status| format!("{} {:?}", status.code(), violations(&status)), |()| String::new());
            assert_eq!(said.contains("length too large"), too_large, "{path}, {size} characters: {said}");
        }
        asked.push(path);
    }
    assert_eq!(asked.len(), 11, "{asked:?}");
}

/// The rows of all stores, once they stay the same: relays and consumers tidy up behind themselves.
async fn quiet(shop: &Shop) -> crate::tables::Rows {
    eventually(SOON, || async {
        let before = rows(&shop.system.data()).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        (rows(&shop.system.data()).await == before).then_some(before)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_bytes_on_the_broker_become_dead_letters_and_harm_nobody() {
    let shop = Shop::open().await;
    shop.product("apple", "Apple", 10, 100).await;
    shop.place(order("o-1", &[("apple", 1)], "tok_ok")).await;
    let client = async_nats::connect(shop.system.nats().url()).await.expect("a client");
    let broker = async_nats::jetstream::new(client);
    for (subject, body) in [
        ("events.order.placed.o-1", &b"\xff\xfe\x00garbage"[..]),
        ("events.payment.completed.o-1", b"{\"order_id\":\"o-1\"}"),
        ("commands.inventory.restock.apple", b"{\"quantity\":-5}"),
        ("ingest.payment.completed.o-1", b"{\"order_id\":\"o-1\"}"),
    ] {
        broker.publish(subject, body.into()).await.expect("sent").await.unwrap_or_else(|error| panic!("{subject}: {error}"));
    }
    assert_eq!(shop.ended("o-1").await.status(), OrderStatus::Confirmed);
    shop.ends_as(order("o-2", &[("apple", 1)], "tok_ok"), OrderStatus::Confirmed, "").await;
    shop.stock_is("apple", 8).await;

    // One letter each; they say what was wrong, and the check says that they are there.
    let list = eventually(SOON, || async {
        let list = shop.system.run(["dead", "list"]).await.good();
        list.starts_with("4 dead letters").then_some(list)
    })
    .await;
    assert!(list.contains("quantity"), "{list}");
    let check = shop.system.run(["check", "--settle", "1s"]).await;
    assert_eq!(check.code, Some(1), "{check:?}");
    assert!(check.stdout.contains("open dead letters: "), "{}", check.stdout);
    shop.system.run(["check", "--allow-dead"]).await.good();
}
