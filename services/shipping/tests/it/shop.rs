//! Shipping with a sender of commands beside it, and what is seen from outside.

use std::sync::Arc;

use catalogue::types::v1::{Address, Contact, Customer, Line};
use contracts_shipping::v1::shipping_service_client::ShippingServiceClient;
use contracts_shipping::v1::{CancelShipment, CreateShipment, GetShipmentRequest, Shipment};
use service_host::Service;
use service_host::config::Config;
use shipping::outside::Carrier;
use testkit::{Database, Process, Watch};
use tonic::Status;
use tonic::transport::Channel;

pub struct Shop {
    pub process: Process,
    pub watch: Watch,
}

pub fn customer() -> Customer {
    Customer { user_id: "user-1".into(), contact: Some(Contact { email: "ada@example.com".into(), ..Contact::default() }) }
}

pub fn address() -> Address {
    Address {
        recipient: "Ada".into(),
        lines: vec!["1 Lake Road".into()],
        city: "Hangzhou".into(),
        country: "CN".into(),
        ..Address::default()
    }
}

/// Two apples for this order.
pub fn create(order: &str) -> CreateShipment {
    CreateShipment {
        order_id: order.into(),
        lines: vec![Line { product_id: "apple".into(), sku_id: String::new(), quantity: 2 }],
        address: Some(address()),
        customer: Some(customer()),
    }
}

impl Shop {
    pub async fn on(database: Database) -> Self {
        Self::with(database, |_| {}).await
    }

    pub async fn with(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        Self::of(database, change, shipping::service).await
    }

    /// With another carrier than the built-in one.
    pub async fn asking(database: Database, carrier: Arc<dyn Carrier>) -> Self {
        Self::of(database, |_| {}, move |_| shipping::service_with(carrier.clone())).await
    }

    async fn of(
        database: Database,
        change: impl FnOnce(&mut Config),
        shipping: impl Fn(&Config) -> Service + Send + Sync + 'static,
    ) -> Self {
        let services = move |config: &Config| vec![Service::new("orders"), shipping(config)];
        let process = Process::of(&[&contracts_shipping::CONTRACTS], services).on(database).set(change).start().await;
        let watch = process.watch("events.shipment.>").await;
        Self { process, watch }
    }

    pub async fn create(&self, order: &str) {
        self.process.emit("orders", create(order)).await;
    }

    pub async fn cancel(&self, order: &str) {
        let cancel = CancelShipment { order_id: order.into(), reason: "customer_request".into(), customer: Some(customer()) };
        self.process.emit("orders", cancel).await;
    }

    pub fn client(&self) -> ShippingServiceClient<Channel> {
        ShippingServiceClient::new(self.process.channel())
    }

    pub async fn find(&self, order: &str) -> Result<Shipment, Status> {
        let request = GetShipmentRequest { order_id: order.into(), ..GetShipmentRequest::default() };
        Ok(self.client().get_shipment(request).await?.into_inner().shipment.expect("a shipment"))
    }

    pub async fn shipment(&self, order: &str) -> Shipment {
        self.find(order).await.expect("a shipment")
    }
}
