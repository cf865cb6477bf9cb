//! A run on somebody's watch becomes a message on their phone, and one conversation tells how.

use std::collections::HashMap;

use contracts::events::v1::{Event, EventFilter, ListEventsRequest};
use contracts::notifications::v1::{ListNotificationsRequest, Notification, NotificationStatus, Preferences, SetPreferencesRequest};
use contracts::types::v1::Contact;
use testkit::{SOON, eventually};

use crate::shop::Shop;

/// Of a watch.
const RUN: &str = "garmin-fenix-5-run.fit";

impl Shop {
    async fn reachable(&self, user_id: &str, locale: &str) {
        let contact = Contact { device_token: "phone-1".to_owned(), locale: locale.to_owned(), ..Contact::default() };
        let preferences = Preferences { user_id: user_id.to_owned(), contact: Some(contact), ..Preferences::default() };
        let request = SetPreferencesRequest { preferences: Some(preferences), request_id: None };
        self.clients.notifications.clone().set_preferences(request).await.expect("set");
    }

    /// Imports a recording, which is read at once.
    async fn import(&self, user_id: &str, recording: &str) {
        let file = acceptance::workout(recording);
        let ran = self.system.run(["import", "workout", file.to_str().expect("a path"), "--user", user_id]).await.good();
        assert!(ran.contains("1 processed"), "{ran}");
    }

    /// So many messages about achievements, once they are out; by what they say.
    async fn congratulated(&self, user_id: &str, times: usize) -> Vec<Notification> {
        let (user_id, template) = (user_id.to_owned(), "achievement_unlocked".to_owned());
        let request = ListNotificationsRequest { user_id, template, ..ListNotificationsRequest::default() };
        let mut all = eventually(SOON * 2, || async {
            let answer = self.clients.notifications.clone().list_notifications(request.clone()).await.expect("notifications");
            let sent = answer.into_inner().notifications.into_iter().filter(|it| it.status() == NotificationStatus::Sent);
            Some(sent.collect::<Vec<_>>()).filter(|sent| sent.len() == times)
        })
        .await;
        all.sort_by(|one, other| one.message.cmp(&other.message));
        all
    }

    /// All events by id that this filter lets through, once so many of them are of this type.
    async fn events(&self, filter: EventFilter, type_: &str, times: usize) -> HashMap<String, Event> {
        let request = ListEventsRequest { filter: Some(filter), page_size: 1_000, ..ListEventsRequest::default() };
        eventually(SOON, || async {
            let events = self.clients.events.clone().list_events(request.clone()).await.expect("a history").into_inner().events;
            let enough = events.iter().filter(|event| event.r#type == type_).count() >= times;
            enough.then(|| events.into_iter().map(|event| (event.id.clone(), event)).collect())
        })
        .await
    }
}

/// The types from an event back to what began it all.
fn way_back<'a>(events: &'a HashMap<String, Event>, from: &'a Event) -> Vec<&'a str> {
    let mut way = vec![from.r#type.as_str()];
    let mut at = from;
    while let Some(cause) = events.get(&at.causation_id) {
        way.push(&cause.r#type);
        at = cause;
    }
    assert_eq!(at.causation_id, "", "{way:?} has a beginning");
    way
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_run_unlocks_achievements_and_the_runner_hears_of_it() {
    let shop = Shop::open().await;
    shop.reachable("runner-1", "en").await;
    shop.import("runner-1", RUN).await;
    let of_runner = EventFilter { key: "runner-1".to_owned(), ..EventFilter::default() };
    let uploaded = shop.events(of_runner, "workout.data_uploaded", 1).await;
    let uploaded = uploaded.values().find(|event| event.r#type == "workout.data_uploaded").expect("it");

    let told = shop.congratulated("runner-1", 2).await;
    let messages: Vec<&str> = told.iter().map(|notification| notification.message.trim()).collect();
    assert_eq!(messages, ["You have unlocked “First Workout”.", "You have unlocked “On Record”."]);
    for notification in &told {
        assert_eq!(notification.correlation_id, uploaded.correlation_id);
        let file = shop.system.data().join("mail").join(format!("{}.txt", notification.notification_id));
        let written = std::fs::read_to_string(&file).expect("a message for the phone");
        assert!(written.contains(notification.message.trim()), "{written}");
    }

    let conversation = EventFilter { correlation_id: uploaded.correlation_id.clone(), ..EventFilter::default() };
    let events = shop.events(conversation, "notification.sent", 2).await;
    let mut ways: Vec<Vec<&str>> =
        events.values().filter(|event| event.r#type == "notification.sent").map(|event| way_back(&events, event)).collect();
    ways.sort_unstable();
    assert_eq!(
        ways,
        [
            vec!["notification.sent", "achievement.unlocked", "workout.data_uploaded"],
            vec!["notification.sent", "achievement.unlocked", "workout.processed", "workout.data_uploaded"],
        ]
    );
    // The same file again: nothing happens, so nobody hears of it.
    shop.import("runner-1", RUN).await;
    shop.reachable("runner-2", "zh").await;
    shop.import("runner-2", RUN).await;
    let chinese = shop.congratulated("runner-2", 2).await;
    assert!(chinese[0].message.contains("First Workout") && chinese[0].title.contains("成就"), "{chinese:?}");
    assert_eq!(shop.congratulated("runner-1", 2).await, told);
}
