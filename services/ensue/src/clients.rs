//! The services that the shop's own commands ask.

use contracts::inventory::v1::inventory_service_client::InventoryServiceClient;
use contracts::notifications::v1::notification_service_client::NotificationServiceClient;
use contracts::orders::v1::order_service_client::OrderServiceClient;
use contracts::payments::v1::payment_service_client::PaymentServiceClient;
use contracts::shipping::v1::shipping_service_client::ShippingServiceClient;
use contracts::workouts::v1::workout_service_client::WorkoutServiceClient;

ensue_cli::clients! {
    /// Typed clients, for `ask!`.
    pub trait Clients {
        orders: OrderServiceClient;
        inventory: InventoryServiceClient;
        payments: PaymentServiceClient;
        shipping: ShippingServiceClient;
        notifications: NotificationServiceClient;
        workouts: WorkoutServiceClient;
    }
}
