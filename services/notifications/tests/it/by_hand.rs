//! What people do with the `nats` tool.

use contracts_notifications::v1::{Channel, ListNotificationsRequest, NotificationSent};
use testkit::{Database, SOON, eventually};

use crate::house::{House, contact};

testkit::on_both_databases! {
    a_command_by_hand_sends_what_it_says
    a_request_by_hand_sends_what_it_says_once
    a_request_may_fill_a_template
    what_does_not_fit_is_a_dead_letter_that_names_the_field
}

async fn a_command_by_hand_sends_what_it_says(database: Database) {
    let house = House::start(database).await;
    house.prefer("user-1", contact("en"), &[]).await;
    let body = r#"{"title":"Rain","message":"Take an umbrella.","icon":"☔","channel":"CHANNEL_PUSH","type":"weather.changed","data":{"order_id":"order-9"}}"#;
    house.process.publish("commands.notifications.send.user-1", body).await;
    let (event, shown) = house.sent("", Channel::Push).await;
    assert_eq!((shown.title.as_str(), shown.message.as_str(), shown.order_id.as_str()), ("Rain", "Take an umbrella.", "order-9"));
    assert_eq!((shown.user_id.as_str(), event.cause_type.as_str()), ("user-1", "notifications.send"));
    let file = house.file(&shown);
    assert!(file.contains("Title: Rain\nIcon: ☔\n") && file.contains("Take an umbrella."), "{file}");
    assert!(!event.cause.is_empty() && event.cause == shown.cause_id);
}

async fn a_request_by_hand_sends_what_it_says_once(database: Database) {
    let mut house = House::start(database).await;
    let body = r#"{"to":"eve@example.com","title":"Hello","message":"你好"}"#;
    for _ in 0..2 {
        house.process.publish("ingest.notification.requested.n-1", body).await;
    }
    let sent: NotificationSent = house.watch.first("n-1").await;
    assert_eq!((sent.channel(), sent.recipient.as_str()), (Channel::Email, "e***@example.com"));
    house.process.restart().await;
    // Under its old name, too.
    house.process.publish("ingest.notification.send.n-1", body).await;
    house.process.publish("ingest.notification.send.n-2", body).await;
    let _: NotificationSent = house.watch.first("n-2").await;
    house.settled().await;
    assert_eq!(house.watch.all::<NotificationSent>("n-1").len(), 1);
    assert_eq!(house.files(), ["n-1.eml", "n-2.eml"].map(str::to_owned).into());
    let shown = house.get("n-1").await;
    assert!(house.file(&shown).contains("你好") && shown.cause_type == "notification.requested", "{shown:?}");
}

async fn a_request_may_fill_a_template(database: Database) {
    let house = House::start(database).await;
    let body = r#"{"to":"+8613800000789","template":"order.placed","channel":"CHANNEL_SMS","contact":{"email":"ada@example.com","locale":"zh"},
        "data":{"order_id":"order-7","total":"{\"minor_units\": 500, \"currency\": \"CNY\"}"}}"#;
    house.process.publish("ingest.notification.requested.n-3", body).await;
    let (_, shown) = house.sent("order_placed", Channel::Sms).await;
    assert_eq!(shown.message, "已收到订单 order-7，金额 5.00 CNY。");
}

async fn what_does_not_fit_is_a_dead_letter_that_names_the_field(database: Database) {
    let house = House::start(database).await;
    let cases = [
        ("ingest.notification.requested.bad-1", r#"{"to":"eve@example.com"}"#, "message"),
        ("ingest.notification.requested.bad-2", r#"{"message":"to whom?"}"#, "user_id"),
        ("ingest.notification.requested.bad-3", r#"{"to":"eve","message":"hello"}"#, "to"),
        ("ingest.notification.requested.bad-4", r#"{"to":"eve@example.com","message":"hello","colour":"red"}"#, "colour"),
        ("ingest.notification.requested.bad-5", r#"{"to":"eve@example.com","template":"no.such"}"#, "template"),
        ("ingest.notification.requested.bad-6", r#"{"to":"eve@example.com","message":"hello","channel":"pigeon"}"#, "channel"),
        ("commands.notifications.send.user-1", r#"{"template":"order.confirmed","channel":"CHANNEL_SMS"}"#, "channel"),
        ("commands.notifications.send.user-2", "not JSON", "JSON"),
        ("ingest.notification.sent.n-1", r#"{"notification_id":"n-1"}"#, "by hand"),
    ];
    for (subject, body, _) in cases {
        house.process.publish(subject, body).await;
    }
    let dead =
        eventually(SOON, || async { Some(house.process.dead_letters("notifications").await).filter(|dead| dead.len() == cases.len()) })
            .await;
    for (subject, _, field) in cases {
        let key = subject.rsplit('.').next().expect("a key");
        let named = dead.iter().any(|letter| letter.key == key && letter.error.contains(field));
        assert!(named, "{subject} names {field}: {dead:#?}");
    }
    // They harm nobody.
    house.process.publish("ingest.notification.requested.good", r#"{"to":"eve@example.com","message":"hello"}"#).await;
    let _: NotificationSent = house.watch.first("good").await;
    assert_eq!(house.list(ListNotificationsRequest::default()).await.len(), 1);
}
