//! What cannot be sent is said to have failed, and why.

use catalogue::types::v1::Contact;
use contracts_notifications::v1::{Channel, ListNotificationsRequest, NotificationFailed, NotificationStatus};
use contracts_orders::v1::OrderConfirmed;
use notifications::config::{Mail, Transport};
use service_host::config::Config;
use testkit::{Database, SOON, eventually};

use crate::house::{House, contact, customer, placed};
use crate::mail_server::MailServer;

testkit::on_both_databases! {
    without_an_address_it_fails_at_once
    an_address_of_another_kind_fails_at_once
    a_message_with_a_hole_fails_and_is_not_sent
    a_recipient_that_the_server_refuses_fails_without_another_try
    a_server_that_stays_away_is_tried_four_times
}

async fn without_an_address_it_fails_at_once(database: Database) {
    let house = House::start(database).await;
    let mail_only = Contact { email: "ada@example.com".into(), ..Contact::default() };
    house.process.emit("orders", placed("order-1", Some(mail_only))).await;
    let failed = house.failed(1).await.remove(0);
    assert_eq!((failed.channel(), failed.error.as_str(), failed.recipient.as_str()), (Channel::Sms, "no_address", ""));
    assert_eq!((failed.attempts, failed.template.as_str(), failed.order_id.as_str()), (0, "order_placed", "order-1"));
    let shown = house.get(&failed.notification_id).await;
    assert_eq!((shown.status(), shown.error.as_str()), (NotificationStatus::Failed, "no_address"));
    // The other channel goes on, and nobody has to look into it.
    house.sent("order_placed", Channel::Email).await;
    assert!(house.process.dead_letters("notifications").await.is_empty());
    assert_eq!(house.all_failed().len(), 1);
}

async fn an_address_of_another_kind_fails_at_once(database: Database) {
    let house = House::start(database).await;
    house.process.emit("orders", placed("order-1", Some(Contact { phone: "call me".into(), ..contact("en") }))).await;
    let failed = house.failed(1).await.remove(0);
    assert_eq!((failed.channel(), failed.error.as_str()), (Channel::Sms, "bad_address"));
}

async fn a_message_with_a_hole_fails_and_is_not_sent(database: Database) {
    let house = House::start(database).await;
    let hollow = OrderConfirmed { order_id: "order-1".into(), customer: customer("en"), ..Default::default() };
    house.process.emit("orders", hollow).await;
    let failed = house.failed(1).await.remove(0);
    assert!(failed.error.contains("order_confirmed") && failed.recipient == "a***@example.com", "{failed:?}");
    house.settled().await;
    assert!(house.files().is_empty());
}

async fn a_recipient_that_the_server_refuses_fails_without_another_try(database: Database) {
    let server = MailServer::start("550 nobody").await;
    let house = House::start_with(database, |config| by_smtp(config, server.port)).await;
    house.process.emit("orders", placed("order-1", Some(contact("en")))).await;
    let failed = house.failed(1).await.remove(0);
    assert_eq!((failed.channel(), failed.attempts, failed.recipient.as_str()), (Channel::Email, 1, "a***@example.com"));
    assert!(failed.error.contains("nobody"), "{failed:?}");
    let dead = house.process.dead_letters("notifications").await;
    assert_eq!(
        dead.iter().map(|letter| (letter.consumer.as_str(), letter.reason.as_str())).collect::<Vec<_>>(),
        [("notifications-email", "rejected")]
    );
}

async fn a_server_that_stays_away_is_tried_four_times(database: Database) {
    let server = MailServer::start("450 later").await;
    let house = House::start_with(database, |config| by_smtp(config, server.port)).await;
    house.process.emit("orders", placed("order-1", Some(contact("en")))).await;
    // Other channels are not held up by it.
    house.sent("order_placed", Channel::Sms).await;
    let failed = house.failed(1).await.remove(0);
    assert_eq!(failed.attempts, 4, "{failed:?}");
    let NotificationFailed { notification_id, error, .. } = failed;
    let shown = house.get(&notification_id).await;
    assert_eq!((shown.status(), shown.attempts, &shown.error), (NotificationStatus::Failed, 4, &error));
    let dead = eventually(SOON, || async { house.process.dead_letters("notifications").await.pop() }).await;
    assert_eq!((dead.consumer.as_str(), dead.reason.as_str()), ("notifications-email", "exhausted"));
    assert!(server.mails().is_empty());
    assert_eq!(house.list(ListNotificationsRequest { status: NotificationStatus::Sent.into(), ..Default::default() }).await.len(), 1);
}

pub fn by_smtp(config: &mut Config, port: u16) {
    config.put(Mail { transport: Transport::Smtp, smtp_url: format!("smtp://127.0.0.1:{port}"), ..Mail::default() });
}
