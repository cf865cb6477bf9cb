//! The gRPC service.

use std::collections::BTreeSet;

use contracts_notifications::v1::{Channel, GetNotificationRequest, ListNotificationsRequest, NotificationStatus, SendNotificationRequest};
use testkit::{Database, SOON, eventually};
use tonic::Code;

use crate::house::{House, contact, placed};

testkit::on_both_databases! {
    a_message_is_accepted_once_per_request_id_and_sent
    a_bad_message_is_refused_by_field_and_leaves_no_trace
    lists_are_filtered_and_paged_newest_first
    what_is_not_there_is_not_found
}

fn hello() -> SendNotificationRequest {
    SendNotificationRequest {
        to: "eve@example.com".into(),
        title: "Hello".into(),
        message: "It rains.".into(),
        locale: "zh".into(),
        request_id: Some("request-1".into()),
        ..SendNotificationRequest::default()
    }
}

async fn a_message_is_accepted_once_per_request_id_and_sent(database: Database) {
    let house = House::start(database).await;
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        let accepted = house.client().send_notification(hello()).await.expect("accepted").into_inner().notification.expect("one");
        assert_eq!((accepted.status(), accepted.recipient.as_str()), (NotificationStatus::Pending, "e***@example.com"));
        ids.insert(accepted.notification_id);
    }
    assert_eq!(ids.len(), 1);
    let (event, shown) = house.sent("", Channel::Email).await;
    assert!(ids.contains(&event.notification_id));
    assert_eq!((shown.status(), shown.locale.as_str(), shown.correlation_id.as_str()), (NotificationStatus::Sent, "zh", "request-1"));
    assert!(shown.sent_at.is_some() && house.file(&shown).contains("It rains."));
    let other = SendNotificationRequest { message: "It shines.".into(), ..hello() };
    assert_eq!(house.client().send_notification(other).await.expect_err("another body").code(), Code::AlreadyExists);
    house.settled().await;
    assert_eq!(house.all_sent().len(), 1);
}

async fn a_bad_message_is_refused_by_field_and_leaves_no_trace(database: Database) {
    let house = House::start(database).await;
    let before = house.process.logged("notifications").await;
    for (request, field) in [
        (SendNotificationRequest { to: String::new(), ..hello() }, "user_id"),
        (SendNotificationRequest { to: "eve".into(), ..hello() }, "to"),
        (SendNotificationRequest { message: String::new(), ..hello() }, "message"),
        (SendNotificationRequest { channel: 77, ..hello() }, "channel"),
        (SendNotificationRequest { template: "no_such".into(), ..hello() }, "template"),
        (SendNotificationRequest { title: "x".repeat(201), ..hello() }, "title"),
        (SendNotificationRequest { user_id: "no id".into(), ..hello() }, "user_id"),
    ] {
        let refused = house.client().send_notification(request).await.expect_err(field);
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
        assert!(refused.message().starts_with(field), "{field}: {refused:?}");
    }
    assert_eq!(house.process.logged("notifications").await, before);
    assert_eq!(house.count("SELECT COUNT(*) AS count FROM notifications").await, 0);
    // None of them spent the request id.
    house.client().send_notification(hello()).await.expect("accepted");
}

async fn lists_are_filtered_and_paged_newest_first(database: Database) {
    let house = House::start(database).await;
    for number in 1..=5 {
        house.process.emit("orders", placed(&format!("order-{number}"), Some(contact("en")))).await;
        eventually(SOON, || async { (house.all_sent().len() == number * 2).then_some(()) }).await;
    }
    house.settled().await;
    let mail =
        ListNotificationsRequest { channel: Channel::Email.into(), template: "order.placed".into(), page_size: 2, ..Default::default() };
    let (mut orders, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let request = ListNotificationsRequest { page_token: token, ..mail.clone() };
        let page = house.client().list_notifications(request).await.expect("a page").into_inner();
        assert!(page.notifications.len() <= 2);
        orders.extend(page.notifications.into_iter().map(|it| it.order_id));
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((orders, pages), (["order-5", "order-4", "order-3", "order-2", "order-1"].map(str::to_owned).to_vec(), 3));

    let all = house.list(ListNotificationsRequest::default()).await;
    assert_eq!(all.len(), 10);
    let conversation = all[0].correlation_id.clone();
    for (request, count) in [
        (ListNotificationsRequest { correlation_id: conversation, ..Default::default() }, 2),
        (ListNotificationsRequest { order_id: "order-3".into(), ..Default::default() }, 2),
        (ListNotificationsRequest { user_id: "user-123".into(), status: NotificationStatus::Sent.into(), ..Default::default() }, 10),
        (ListNotificationsRequest { user_id: "user-9".into(), ..Default::default() }, 0),
        (ListNotificationsRequest { status: NotificationStatus::Failed.into(), ..Default::default() }, 0),
    ] {
        assert_eq!(house.list(request.clone()).await.len(), count, "{request:?}");
    }
    for request in [
        ListNotificationsRequest { page_size: -1, ..Default::default() },
        ListNotificationsRequest { page_token: "mine".into(), ..Default::default() },
        ListNotificationsRequest { channel: 9, ..Default::default() },
        ListNotificationsRequest { status: 9, ..Default::default() },
    ] {
        assert_eq!(house.client().list_notifications(request).await.expect_err("refused").code(), Code::InvalidArgument);
    }
}

async fn what_is_not_there_is_not_found(database: Database) {
    let house = House::start(database).await;
    let refused = house.client().get_notification(GetNotificationRequest { notification_id: "n-404".into() }).await.expect_err("none");
    assert_eq!(refused.code(), Code::NotFound);
}
