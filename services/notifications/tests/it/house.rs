//! A house with everybody in it who says something, and the means to see what leaves it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use catalogue::types::v1::{Contact, Customer, Money};
use contracts_notifications::v1::notification_service_client::NotificationServiceClient;
use contracts_notifications::v1::{
    Channel as Wire, GetNotificationRequest, ListNotificationsRequest, Notification, NotificationFailed, NotificationSent, Preferences,
    SetPreferencesRequest,
};
use contracts_orders::v1::OrderItem;
use contracts_orders::v2::OrderPlaced;
use service_host::Service;
use service_host::config::Config;
use testkit::{Database, Process, SOON, Watch, eventually};
use tonic::transport::Channel;

/// Services that only speak.
const OTHERS: [&str; 7] = ["orders", "inventory", "payments", "shipping", "users", "workouts", "achievements"];

pub struct House {
    pub process: Process,
    /// Everything that this service announces.
    pub watch: Watch,
}

impl House {
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, |_| ()).await
    }

    pub async fn start_with(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        let services = |config: &Config| {
            let others = OTHERS.map(Service::new);
            others.into_iter().chain([notifications::service(config)]).collect()
        };
        let process = Process::of(
            &[
                &contracts_achievements::CONTRACTS,
                &contracts_inventory::CONTRACTS,
                &contracts_notifications::CONTRACTS,
                &contracts_orders::CONTRACTS,
                &contracts_payments::CONTRACTS,
                &contracts_shipping::CONTRACTS,
                &contracts_users::CONTRACTS,
                &contracts_workouts::CONTRACTS,
            ],
            services,
        )
        .on(database)
        .set(change)
        .start()
        .await;
        let watch = process.watch("events.notification.>").await;
        Self { process, watch }
    }

    pub fn client(&self) -> NotificationServiceClient<Channel> {
        NotificationServiceClient::new(self.process.channel())
    }

    /// The next notification that was sent with this template on this channel, as the service shows it; waits for it.
    pub async fn sent(&self, template: &str, channel: Wire) -> (NotificationSent, Notification) {
        let event =
            eventually(SOON, || async { self.all_sent().into_iter().find(|it| it.template == template && it.channel() == channel) }).await;
        let notification = self.get(&event.notification_id).await;
        (event, notification)
    }

    pub fn all_sent(&self) -> Vec<NotificationSent> {
        self.of::<NotificationSent>()
    }

    pub fn all_failed(&self) -> Vec<NotificationFailed> {
        self.of::<NotificationFailed>()
    }

    fn of<C: catalogue::Contract>(&self) -> Vec<C> {
        let seen = self.watch.messages().into_iter().filter(|seen| seen.type_ == C::TYPE);
        seen.map(|seen| C::decode(seen.payload).expect("a body as its type says")).collect()
    }

    pub async fn failed(&self, count: usize) -> Vec<NotificationFailed> {
        eventually(SOON, || async { Some(self.all_failed()).filter(|failed| failed.len() >= count) }).await
    }

    pub async fn get(&self, id: &str) -> Notification {
        let request = GetNotificationRequest { notification_id: id.to_owned() };
        self.client().get_notification(request).await.expect("an answer").into_inner().notification.expect("one")
    }

    pub async fn list(&self, request: ListNotificationsRequest) -> Vec<Notification> {
        self.client().list_notifications(request).await.expect("an answer").into_inner().notifications
    }

    pub async fn prefer(&self, user_id: &str, contact: Contact, quiet: &[Wire]) {
        let quiet_channels = quiet.iter().map(|channel| (*channel).into()).collect();
        let preferences = Preferences { user_id: user_id.to_owned(), contact: Some(contact), quiet_channels, updated_at: None };
        let request = SetPreferencesRequest { preferences: Some(preferences), request_id: None };
        self.client().set_preferences(request).await.expect("set");
    }

    /// Nothing is on its way any more, and everything that was published has been looked at.
    pub async fn settled(&self) {
        eventually(SOON, || async {
            let intents = self.count("SELECT COUNT(*) AS count FROM intents").await;
            let pending = self.count("SELECT COUNT(*) AS count FROM notifications WHERE status = 'pending'").await;
            (intents == 0 && pending == 0).then_some(())
        })
        .await;
    }

    pub async fn count(&self, sql: &str) -> i64 {
        let row = self.process.store("notifications").row(sql, store::params![]).await.expect("a count");
        row.expect("a row").get("count").expect("a count")
    }

    /// The files that left the house, by name.
    pub fn files(&self) -> BTreeSet<String> {
        let Ok(folder) = std::fs::read_dir(self.folder()) else { return BTreeSet::new() };
        folder.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect()
    }

    /// What stands in the file of a notification.
    pub fn file(&self, notification: &Notification) -> String {
        let ending = if notification.channel() == Wire::Email { "eml" } else { "txt" };
        let path = self.folder().join(format!("{}.{ending}", notification.notification_id));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn folder(&self) -> PathBuf {
        self.process.config().data_dir.join("mail")
    }
}

/// Everything that a person can be reached by.
pub fn contact(locale: &str) -> Contact {
    Contact { email: "ada@example.com".into(), phone: "+8613800000789".into(), device_token: "device-abcdef".into(), locale: locale.into() }
}

pub fn customer(locale: &str) -> Option<Customer> {
    Some(Customer { user_id: "user-123".into(), contact: Some(contact(locale)) })
}

pub fn cny(minor_units: i64) -> Option<Money> {
    Some(Money { minor_units, currency: "CNY".into() })
}

pub fn items() -> Vec<OrderItem> {
    let item = |product_id: &str, name: &str, quantity, price| OrderItem {
        product_id: product_id.into(),
        name: name.into(),
        quantity,
        unit_price: cny(price),
        ..OrderItem::default()
    };
    vec![item("PROD-001", "iPhone 15", 2, 699_900), item("PROD-003", "AirPods Pro", 1, 199_900)]
}

pub fn placed(order_id: &str, contact: Option<Contact>) -> OrderPlaced {
    OrderPlaced {
        order_id: order_id.into(),
        user_id: "user-123".into(),
        contact,
        items: items(),
        total: cny(1_599_700),
        ..OrderPlaced::default()
    }
}
