//! Clients of every service.

use contracts::achievements::v1::achievement_service_client::AchievementServiceClient;
use contracts::events::v1::event_service_client::EventServiceClient;
use contracts::inventory::v1::inventory_service_client::InventoryServiceClient;
use contracts::notifications::v1::notification_service_client::NotificationServiceClient;
use contracts::orders::v1::order_service_client::OrderServiceClient;
use contracts::payments::v1::payment_service_client::PaymentServiceClient;
use contracts::shipping::v1::shipping_service_client::ShippingServiceClient;
use contracts::workouts::v1::workout_service_client::WorkoutServiceClient;
use tonic::transport::{Channel, Endpoint};

/// One of each on one connection, which is made again when the process is.
#[derive(Clone, Debug)]
pub struct Clients {
    /// `ensue.orders.v1`
    pub orders: OrderServiceClient<Channel>,
    /// `ensue.inventory.v1`
    pub inventory: InventoryServiceClient<Channel>,
    /// `ensue.payments.v1`
    pub payments: PaymentServiceClient<Channel>,
    /// `ensue.shipping.v1`
    pub shipping: ShippingServiceClient<Channel>,
    /// `ensue.notifications.v1`
    pub notifications: NotificationServiceClient<Channel>,
    /// `ensue.workouts.v1`
    pub workouts: WorkoutServiceClient<Channel>,
    /// `ensue.achievements.v1`
    pub achievements: AchievementServiceClient<Channel>,
    /// `ensue.events.v1`
    pub events: EventServiceClient<Channel>,
}

impl Clients {
    /// Of the process at `http://host:port`.
    pub(crate) fn of(url: &str) -> Self {
        let channel = Endpoint::from_shared(url.to_owned()).expect("an address").connect_lazy();
        // A test may send what is too large for the server.
        let any = usize::MAX;
        Self {
            orders: OrderServiceClient::new(channel.clone()).max_encoding_message_size(any),
            inventory: InventoryServiceClient::new(channel.clone()),
            payments: PaymentServiceClient::new(channel.clone()),
            shipping: ShippingServiceClient::new(channel.clone()),
            notifications: NotificationServiceClient::new(channel.clone()),
            workouts: WorkoutServiceClient::new(channel.clone()),
            achievements: AchievementServiceClient::new(channel.clone()),
            events: EventServiceClient::new(channel),
        }
    }
}
