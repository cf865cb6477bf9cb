//! How people are reached, and where they want quiet.

use catalogue::types::v1::{Contact, Customer};
use contracts_notifications::v1::{
    Channel, GetPreferencesRequest, ListNotificationsRequest, NotificationStatus, Preferences, SetPreferencesRequest,
};
use contracts_payments::v1::PaymentCompleted;
use contracts_users::v1::{UserDeleted, UserProfileUpdated};
use testkit::{Database, SOON, eventually};

use crate::house::{House, cny, contact, placed};

testkit::on_both_databases! {
    what_an_event_leaves_out_the_users_preferences_fill_in
    quiet_channels_stay_quiet
    preferences_are_replaced_and_shown
    a_bad_preference_is_refused_by_field
    what_the_users_service_says_is_learnt_and_forgotten
}

async fn preferences(house: &House, user_id: &str) -> Preferences {
    let request = GetPreferencesRequest { user_id: user_id.into() };
    house.client().get_preferences(request).await.expect("an answer").into_inner().preferences.expect("some")
}

async fn what_an_event_leaves_out_the_users_preferences_fill_in(database: Database) {
    let house = House::start(database).await;
    let known = Contact { email: "home@example.com".into(), device_token: "device-home".into(), locale: "zh".into(), ..Contact::default() };
    house.prefer("user-123", known, &[]).await;
    // The event's own contact wins where it says something.
    let own = Contact { email: "work@example.com".into(), ..Contact::default() };
    house.process.emit("orders", placed("order-1", Some(own))).await;
    let (_, mail) = house.sent("order_placed", Channel::Email).await;
    assert!(house.file(&mail).contains("To: work@example.com"));
    assert_eq!(mail.locale, "zh");
    let customer = Some(Customer { user_id: "user-123".into(), contact: None });
    let paid = PaymentCompleted { order_id: "order-1".into(), payment_id: "p".into(), amount: cny(1), customer, ..Default::default() };
    house.process.emit("payments", paid).await;
    let (_, push) = house.sent("payment_completed", Channel::Push).await;
    assert!(house.file(&push).contains("To: device-home"));
}

async fn quiet_channels_stay_quiet(database: Database) {
    let house = House::start(database).await;
    house.prefer("user-123", Contact::default(), &[Channel::Email, Channel::Push]).await;
    house.process.emit("orders", placed("order-1", Some(contact("en")))).await;
    house.sent("order_placed", Channel::Sms).await;
    house.settled().await;
    let quiet = ListNotificationsRequest { status: NotificationStatus::Suppressed.into(), ..Default::default() };
    let quiet = house.list(quiet).await;
    assert_eq!(quiet.iter().map(|it| (it.channel(), it.error.as_str())).collect::<Vec<_>>(), [(Channel::Email, "quiet")]);
    assert_eq!((house.files().len(), house.all_sent().len(), house.all_failed().len()), (1, 1, 0), "no news is no failure");
}

async fn preferences_are_replaced_and_shown(database: Database) {
    let house = House::start(database).await;
    let nothing = preferences(&house, "user-1").await;
    assert_eq!((nothing.user_id.as_str(), nothing.quiet_channels.len(), nothing.updated_at), ("user-1", 0, None));
    house.prefer("user-1", contact("zh"), &[Channel::Sms, Channel::Email]).await;
    let set = preferences(&house, "user-1").await;
    assert_eq!(set.contact, Some(contact("zh")));
    assert_eq!(set.quiet_channels, [Channel::Email, Channel::Sms].map(i32::from));
    assert!(set.updated_at.is_some());
    house.prefer("user-1", Contact::default(), &[]).await;
    let replaced = preferences(&house, "user-1").await;
    assert_eq!((replaced.contact, replaced.quiet_channels.len()), (Some(Contact::default()), 0));
}

async fn a_bad_preference_is_refused_by_field(database: Database) {
    let house = House::start(database).await;
    let good = || Preferences { user_id: "user-1".into(), contact: Some(contact("en")), ..Preferences::default() };
    let with = |contact: Contact| Preferences { contact: Some(contact), ..good() };
    for (preferences, field) in [
        (None, "preferences"),
        (Some(Preferences { user_id: String::new(), ..good() }), "preferences.user_id"),
        (Some(with(Contact { email: "nobody".into(), ..contact("en") })), "preferences.contact.email"),
        (Some(with(Contact { phone: "call me".into(), ..contact("en") })), "preferences.contact.phone"),
        (Some(Preferences { quiet_channels: vec![1, 0], ..good() }), "preferences.quiet_channels[1]"),
        (Some(Preferences { quiet_channels: vec![99], ..good() }), "preferences.quiet_channels[0]"),
    ] {
        let refused = house.client().set_preferences(SetPreferencesRequest { preferences, request_id: None }).await.expect_err(field);
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused:?}");
        assert!(refused.message().contains(field), "{field}: {refused:?}");
    }
    assert_eq!(house.count("SELECT COUNT(*) AS count FROM preferences").await, 0);
}

async fn what_the_users_service_says_is_learnt_and_forgotten(database: Database) {
    let house = House::start(database).await;
    house.prefer("user-123", contact("zh"), &[Channel::Sms]).await;
    let moved = Contact { email: "new@example.com".into(), ..Contact::default() };
    house.process.emit("users", UserProfileUpdated { user_id: "user-123".into(), contact: Some(moved), ..Default::default() }).await;
    let learnt = eventually(SOON, || async {
        Some(preferences(&house, "user-123").await)
            .filter(|it| it.contact.as_ref().is_some_and(|contact| contact.email == "new@example.com"))
    })
    .await;
    assert_eq!(learnt.contact, Some(Contact { email: "new@example.com".into(), ..contact("zh") }));
    assert_eq!(learnt.quiet_channels, [i32::from(Channel::Sms)], "what they want quiet is theirs to say");
    house.process.emit("users", UserDeleted { user_id: "user-123".into(), ..Default::default() }).await;
    eventually(SOON, || async { (house.count("SELECT COUNT(*) AS count FROM preferences").await == 0).then_some(()) }).await;
}
