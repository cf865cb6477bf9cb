//! What people do with the `nats` tool: JSON without headers.

use contracts_inventory::v1::{ProductWithdrawn, StockChanged, StockRestocked};
use testkit::{Database, SOON, eventually};

use crate::shop::Shop;

testkit::on_both_databases! {
    a_restock_by_hand_raises_the_stock_once
    the_same_message_id_counts_once_also_when_the_broker_forgot_it
    a_withdrawal_by_hand_says_why
    what_does_not_fit_is_a_dead_letter_that_names_the_field
    a_command_that_is_not_open_by_hand_is_refused
    a_restock_of_nothing_known_is_a_dead_letter
}

async fn a_restock_by_hand_raises_the_stock_once(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("whole-milk", 5).await;
    shop.process.publish("commands.inventory.restock.whole-milk", r#"{"quantity":500}"#).await;
    let restocked: StockRestocked = shop.watch.first("whole-milk").await;
    assert_eq!((restocked.quantity, restocked.stock), (500, 505));
    let changed: StockChanged = shop.watch.nth("whole-milk", 2).await;
    assert_eq!((changed.delta, changed.stock, changed.cause.as_str()), (500, 505, "restocked"));
    assert_eq!(shop.pieces("whole-milk").await, (505, 0));

    // Both are parts of one conversation, and say what led to them.
    let messages = shop.watch.messages();
    let of = |type_: &str| messages.iter().rfind(|seen| seen.type_ == type_).unwrap();
    let (restocked, changed) = (of("inventory.restocked"), of("inventory.stock_changed"));
    assert_eq!(restocked.correlation_id, changed.correlation_id);
    assert!(!restocked.causation_id.is_empty() && restocked.causation_id == changed.causation_id);
}

async fn the_same_message_id_counts_once_also_when_the_broker_forgot_it(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("milk", 0).await;
    let subject = "commands.inventory.restock.milk";
    let publish = async |id: &str| shop.process.publish_with(subject, &[("Nats-Msg-Id", id)], r#"{"quantity":5}"#).await;
    assert!(!publish("delivery-1").await);
    assert!(publish("delivery-1").await, "the broker knows it");
    let _: StockRestocked = shop.watch.first("milk").await;

    // A broker that lost the stream takes it for new; the service does not.
    shop.process.delete_stream("COMMANDS_INVENTORY").await;
    assert!(!publish("delivery-1").await);
    assert!(!publish("delivery-2").await);
    let second: StockRestocked = shop.watch.nth("milk", 2).await;
    assert_eq!(second.stock, 10);
    assert_eq!(shop.pieces("milk").await, (10, 0));
}

async fn a_withdrawal_by_hand_says_why(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("pear", 5).await;
    shop.process.publish("commands.inventory.withdraw.pear", r#"{"reason":"mould"}"#).await;
    let withdrawn: ProductWithdrawn = shop.watch.first("pear").await;
    assert_eq!(withdrawn.reason, "mould");
    assert!(shop.product("pear").await.withdrawn);
}

async fn what_does_not_fit_is_a_dead_letter_that_names_the_field(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("milk", 5).await;
    let subject = "commands.inventory.restock.milk";
    for body in [r#"{"quantity":0}"#, r#"{"quantity":1,"colour":"white"}"#, r#"{"quantity":"lots"}"#, "quantity=5", "\u{0}\u{1}"] {
        shop.process.publish(subject, body).await;
    }
    let dead = eventually(SOON, || async { Some(shop.process.dead_letters("inventory").await).filter(|dead| dead.len() == 5) }).await;
    for letter in &dead {
        assert_eq!((letter.consumer.as_str(), letter.reason.as_str()), ("inventory-door", "invalid"), "{letter:?}");
    }
    let naming = |word: &str| dead.iter().filter(|letter| letter.error.contains(word)).count();
    assert!(naming("quantity") >= 2 && naming("colour") == 1, "{dead:#?}");

    // They harm nobody.
    shop.process.publish(subject, r#"{"quantity":2}"#).await;
    let _: StockRestocked = shop.watch.first("milk").await;
    assert_eq!(shop.pieces("milk").await, (7, 0));
}

async fn a_command_that_is_not_open_by_hand_is_refused(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("milk", 5).await;
    let body = r#"{"lines":[{"product_id":"milk","quantity":1}]}"#;
    shop.process.publish("commands.inventory.reserve.order-1", body).await;
    let dead = eventually(SOON, || async { shop.process.dead_letters("inventory").await.pop() }).await;
    assert!(dead.error.contains("inventory.reserve is not open"), "{dead:?}");
    assert_eq!(shop.pieces("milk").await, (5, 0));
}

async fn a_restock_of_nothing_known_is_a_dead_letter(database: Database) {
    let shop = Shop::start(database).await;
    shop.process.publish("commands.inventory.restock.ghost", r#"{"quantity":5}"#).await;
    let dead = eventually(SOON, || async { shop.process.dead_letters("inventory").await.pop() }).await;
    assert_eq!((dead.consumer.as_str(), dead.type_.as_str(), dead.key.as_str()), ("inventory-commands", "inventory.restock", "ghost"));
    assert!(dead.error.contains("no product ghost"), "{dead:?}");
}
