//! Once is once.

use std::collections::BTreeSet;

use contracts_notifications::v1::{Channel, ListNotificationsRequest, NotificationSent};
use testkit::{Database, SOON, eventually};

use crate::house::{House, contact, placed};

testkit::on_both_databases! {
    many_orders_are_each_told_once_also_across_restarts
    a_broker_that_forgot_everything_leads_to_no_second_message
    messages_of_one_order_leave_in_order
}

async fn orders(house: &House, numbers: std::ops::Range<usize>) {
    let orders = numbers.map(|number| placed(&format!("order-{number}"), Some(contact("en")))).collect();
    house.process.emit_all("orders", orders).await;
}

async fn sent(house: &House, count: i64) {
    eventually(SOON, || async {
        (house.count("SELECT COUNT(*) AS count FROM notifications WHERE status = 'sent'").await >= count).then_some(())
    })
    .await;
}

async fn many_orders_are_each_told_once_also_across_restarts(database: Database) {
    let mut house = House::start(database).await;
    orders(&house, 0..100).await;
    // Somewhere in between.
    sent(&house, 20).await;
    house.process.restart().await;
    orders(&house, 100..200).await;
    sent(&house, 250).await;
    house.process.restart().await;
    sent(&house, 400).await;
    house.settled().await;
    assert_eq!(house.count("SELECT COUNT(*) AS count FROM notifications").await, 400);
    assert_eq!(house.files().len(), 400);
    // In the log each stands once, too.
    let sent = "SELECT COUNT(*) AS count FROM events WHERE type = 'notification.sent'";
    assert_eq!(house.count(sent).await, 400);
    let attempts = "SELECT COUNT(*) AS count FROM notifications WHERE attempts > 1";
    assert_eq!(house.count(attempts).await, 0, "an orderly stop waits for what is being sent");
}

async fn a_broker_that_forgot_everything_leads_to_no_second_message(database: Database) {
    let mut house = House::start(database).await;
    orders(&house, 0..10).await;
    sent(&house, 20).await;
    house.process.stop().await;
    house.process.delete_stream("EVENTS_ORDER").await;
    house.process.restart().await;
    orders(&house, 10..20).await;
    sent(&house, 40).await;
    house.settled().await;
    assert_eq!(house.count("SELECT COUNT(*) AS count FROM notifications").await, 40);
    assert_eq!(house.count("SELECT COUNT(*) AS count FROM events WHERE type = 'notification.sent'").await, 40);
}

async fn messages_of_one_order_leave_in_order(database: Database) {
    let house = House::start(database).await;
    let again = |number: i64| contracts_orders::v1::OrderCancelled {
        order_id: "order-1".into(),
        reason: "customer_request".into(),
        detail: format!("number {number}"),
        customer: crate::house::customer("en"),
        ..Default::default()
    };
    house.process.emit_all("orders", (0..20).map(again).collect()).await;
    let seen = eventually(SOON, || async { Some(house.all_sent()).filter(|sent| sent.len() == 20) }).await;
    let mut numbers = Vec::new();
    for NotificationSent { notification_id, .. } in seen {
        let message = house.get(&notification_id).await.message;
        numbers.push(message.lines().find_map(|line| line.strip_prefix("number ")).expect("a number").parse::<i64>().expect("a number"));
    }
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
    let listed = house.list(ListNotificationsRequest { channel: Channel::Email.into(), ..Default::default() }).await;
    let ids: BTreeSet<&str> = listed.iter().map(|it| it.notification_id.as_str()).collect();
    assert_eq!(ids.len(), 20);
}
