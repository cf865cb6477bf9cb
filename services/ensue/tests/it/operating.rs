//! What an operator does: history, conversations, publishing, dead letters, sagas.

use contracts::orders::v1::OrderStatus;
use serde_json::Value as Json;
use testkit::{SOON, eventually};

use crate::shop::{Shop, order};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_a_tree_from_the_call_to_the_mail() {
    let shop = Shop::open().await;
    shop.product("apple", "Apple", 10, 100).await;
    let order = shop.ends_as(order("o-1", &[("apple", 1)], "tok_ok"), OrderStatus::Confirmed, "").await;
    let tree = eventually(SOON, || async {
        let tree = shop.system.run(["events", "conversation", &order.correlation_id]).await.good();
        ["inventory.deducted", "order.confirmed", "notification.sent"].iter().all(|type_| tree.contains(type_)).then_some(tree)
    })
    .await;
    assert!(tree.starts_with("order.placed  order/o-1  orders  +0.0 ms\n"), "{tree}");
    let line = |type_: &str| tree.lines().find(|line| line.contains(type_)).unwrap_or_else(|| panic!("no {type_}: {tree}"));
    let depth = |type_: &str| line(type_).find(type_).expect("there");
    assert!(depth("inventory.reserve!") < depth("inventory.reserved") && depth("payments.charge!") < depth("payment.completed"), "{tree}");
    let document = json(&shop.system.run(["events", "conversation", &order.correlation_id, "--json"]).await.good());
    let root = &document[0]["roots"][0];
    assert_eq!((&root["event"]["type"], &root["event"]["key"]), (&Json::from("order.placed"), &Json::from("o-1")));
    assert!(root["children"].as_array().is_some_and(|children| !children.is_empty()) && document[0]["count"].as_u64() >= Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_by_hand_are_published_all_or_none() {
    let shop = Shop::open().await;
    let path = shop.system.data().join("events.jsonl");
    let file = path.to_str().expect("a path");
    let good = r#"{"type":"notification.requested","data":{"notification_id":"n-1","to":"ada@example.com","title":"Rain","message":"Take an umbrella."}}"#;
    std::fs::write(&path, format!("{good}\n{{\"type\":\"order.confirmed\",\"data\":{{\"order_id\":\"o-1\"}}}}\n")).expect("a file");
    let refused = shop.system.run(["publish", "--file", file]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("order.confirmed"), "{}", refused.stderr);

    std::fs::write(&path, format!("{good}\n")).expect("a file");
    for _ in 0..2 {
        assert_eq!(shop.system.run(["publish", "--file", file]).await.good(), "published  1\n");
    }
    let sent = ["events", "list", "--type", "notification.requested", "--json"];
    let listed = eventually(SOON, || async {
        let listed = shop.system.run(sent).await.good();
        (!listed.is_empty()).then_some(listed)
    })
    .await;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert_eq!(json(&listed)[0]["data"]["message"], "Take an umbrella.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_is_shown_redriven_once_and_discarded_with_a_reason() {
    let shop = Shop::open().await;
    let client = async_nats::connect(shop.system.nats().url()).await.expect("a client");
    let broker = async_nats::jetstream::new(client);
    for number in 0..3 {
        // A product that nobody knows: good for all that can be told from the message.
        let subject = format!("commands.inventory.restock.ghost-{number}");
        broker.publish(subject, r#"{"quantity":5}"#.into()).await.expect("sent").await.expect("stored");
    }
    let list = eventually(SOON, || async {
        let list = shop.system.run(["dead", "list", "--type", "inventory.restock"]).await.good();
        list.starts_with("3 dead letters").then_some(list)
    })
    .await;
    let (_, letters) = list.split_once("\n\n").expect("numbers, then letters");
    let id = |key: &str| {
        letters.lines().find(|line| line.contains(key)).and_then(|line| line.split_whitespace().next()).expect("a letter").to_owned()
    };
    let shown = shop.system.run(["dead", "show", &id("ghost-0")]).await.good();
    for fact in ["inventory.restock", "ghost-0", "open", "attempt", "quantity"] {
        assert!(shown.contains(fact), "no {fact}: {shown}");
    }
    let listed = &json(&shop.system.run(["dead", "list", "--type", "inventory.restock", "--json"]).await.good())[0];
    assert_eq!((listed["total"].as_u64(), listed["dead_letters"].as_array().map(Vec::len)), (Some(3), Some(3)), "{listed}");
    assert_eq!(listed["counts"][0]["count"], 3);
    let shown = &json(&shop.system.run(["dead", "show", &id("ghost-0"), "--json"]).await.good())[0];
    assert_eq!((&shown["key"], &shown["state"]), (&Json::from("ghost-0"), &Json::from("open")), "{shown}");
    assert_eq!(shown["data"]["product_id"], "ghost-0", "{shown}");
    assert_eq!(shown["payload"], "CgdnaG9zdC0wEAU=", "the same in Protobuf, which the door made of it");

    let dry = shop.system.run(["dead", "redrive", "--type", "inventory.restock", "--dry-run"]).await.good();
    assert!(dry.contains("would be redriven  3"), "{dry}");
    assert_eq!(shop.system.run(["dead", "redrive"]).await.code, Some(1), "nothing named is nothing meant");

    shop.product("ghost-0", "Ghost", 0, 100).await;
    shop.system.run(["dead", "redrive", &id("ghost-0")]).await.good();
    eventually(SOON, || async { (shop.look("ghost-0").await.stock == 5).then_some(()) }).await;
    let again = shop.system.run(["dead", "redrive", &id("ghost-0")]).await;
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stdout.contains("already_redriven"), "{}", again.stdout);
    assert_eq!(shop.look("ghost-0").await.stock, 5);

    let discarded = shop.system.run(["dead", "discard", "--type", "inventory.restock", "--reason", "no such goods"]).await.good();
    assert!(discarded.contains("discarded  2"), "{discarded}");
    let shown = shop.system.run(["dead", "show", &id("ghost-1")]).await.good();
    assert!(shown.contains("no such goods") && shown.contains("discarded"), "{shown}");
    shop.agrees().await;
}

/// KurrentDB #3844: a replay that nobody had confirmed sent far more than was meant. Here numbers come first, nothing named is nothing meant,
/// and a few go ahead of the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kurrentdb_3844_a_redrive_says_its_numbers_and_sends_its_canaries_first() {
    let shop = Shop::open().await;
    let client = async_nats::connect(shop.system.nats().url()).await.expect("a client");
    let broker = async_nats::jetstream::new(client);
    for number in 0..6 {
        let subject = format!("commands.inventory.restock.ghost-{number}");
        broker.publish(subject, r#"{"quantity":5}"#.into()).await.expect("sent").await.expect("stored");
    }
    let listed = async |count: &str| {
        eventually(SOON, || async {
            let list = shop.system.run(["dead", "list", "--type", "inventory.restock"]).await.good();
            list.starts_with(count).then_some(())
        })
        .await;
    };
    listed("6 dead letters").await;
    for refused in
        [vec!["dead", "redrive"], vec!["dead", "discard", "--reason", "x"], vec!["dead", "discard", "--type", "inventory.restock"]]
    {
        assert_ne!(shop.system.run(refused.clone()).await.code, Some(0), "{refused:?}");
    }
    let dry = shop.system.run(["dead", "discard", "--type", "inventory.restock", "--reason", "x", "--dry-run"]).await.good();
    assert!(dry.starts_with("6 dead letters\n") && dry.contains("would be discarded  6"), "{dry}");

    // The goods are as unknown as before: the canaries die again, and the rest is spared.
    let stopped = shop.system.run(["dead", "redrive", "--type", "inventory.restock", "--canary", "2"]).await;
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    let told = &stopped.stdout;
    assert!(told.starts_with("6 dead letters\n") && told.contains("redriven  2"), "{told}");
    assert!(told.contains("the first 2 died again: the rest was left alone"), "{told}");
    listed("6 dead letters").await;

    for number in 0..4 {
        shop.product(&format!("ghost-{number}"), "Ghost", 0, 100).await;
    }
    let keys = ["ghost-0", "ghost-1", "ghost-2", "ghost-3"];
    for key in &keys[..2] {
        let redriven = shop.system.run(["dead", "redrive", "--key", key, "--canary", "1", "--rate", "1"]).await.good();
        assert!(redriven.starts_with("1 dead letter\n") && redriven.contains("redriven  1"), "{redriven}");
    }
    // Two a second: four of them take their time.
    let began = std::time::Instant::now();
    let slow = shop.system.run(["dead", "redrive", "--type", "inventory.restock", "--rate", "2"]).await.good();
    assert!(slow.contains("redriven  4"), "{slow}");
    assert!(began.elapsed() >= std::time::Duration::from_millis(1_400), "{:?}", began.elapsed());
    for key in keys {
        shop.stock_is(key, 5).await;
    }
    listed("2 dead letters").await;
    let discarded = shop.system.run(["dead", "discard", "--type", "inventory.restock", "--reason", "no such goods"]).await.good();
    assert!(discarded.starts_with("2 dead letters\n") && discarded.contains("discarded  2"), "{discarded}");
    listed("0 dead letters").await;
    shop.agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_that_failed_is_listed_and_can_be_tried_again() {
    let shop = Shop::open().await;
    shop.product("apple", "Apple", 10, 100).await;
    let mut wish = order("o-1", &[("apple", 1)], "tok_refund_declined");
    wish.shipping_address.as_mut().expect("an address").lines = vec!["fail-shipping".to_owned()];
    let failed = shop.ends_as(wish, OrderStatus::CompensationFailed, "shipping_failed").await;
    let saga = failed.saga.expect("a ledger").saga_id;
    let list = shop.system.run(["saga", "list", "--state", "compensation-failed"]).await.good();
    assert!(list.contains(&saga) && list.contains("charge compensation_failed"), "{list}");
    let ledger = &json(&shop.system.run(["saga", "list", "--state", "compensation-failed", "--json"]).await.good())[0];
    assert_eq!((&ledger["saga_id"], &ledger["state"]), (&Json::from(saga.as_str()), &Json::from("compensation_failed")));
    assert!(ledger["steps"].as_array().is_some_and(|steps| steps.iter().any(|step| step["name"] == "charge")), "{ledger}");
    let check = shop.system.run(["check", "--settle", "1s"]).await;
    assert!(check.code == Some(1) && check.stdout.contains("compensation failed: 1 difference"), "{}", check.stdout);
    let retried = shop.system.run(["saga", "retry", &saga]).await.good();
    assert!(retried.contains(&saga), "{retried}");
    // The provider refuses again: the other undos stand, and the saga is back on the list.
    let order = shop.ended("o-1").await;
    assert_eq!(order.status(), OrderStatus::CompensationFailed);
    assert_eq!(shop.look("apple").await.reserved, 0);
}

/// A JSON object of each line.
fn json(lines: &str) -> Vec<Json> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}
