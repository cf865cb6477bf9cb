//! A shop in a process of its own, and what its people do.

use std::time::Duration;

use acceptance::{Clients, Setup, System};
use contracts::events::v1::{Event, EventFilter, ListEventsRequest};
use contracts::inventory::v1::{CreateProductRequest, GetProductRequest, Product};
use contracts::notifications::v1::{ListNotificationsRequest, Notification, NotificationStatus};
use contracts::orders::v1::{GetOrderRequest, Order, OrderItem, OrderStatus, PaymentDetails, PlaceOrderRequest};
use contracts::payments::v1::{ListProviderChargesRequest, ProviderCharge};
use contracts::types::v1::{Address, Contact, Money};
use testkit::{SOON, eventually};
use tonic::Status;
use tonic_types::StatusExt;

/// An order may need all retries of a provider that stays silent.
const ENDS: Duration = Duration::from_secs(40);

/// A running system with its clients.
pub struct Shop {
    pub system: System,
    pub clients: Clients,
}

/// The binary of this build.
pub fn setup() -> Setup {
    System::of(env!("CARGO_BIN_EXE_ensue"))
}

impl Shop {
    pub async fn open() -> Self {
        Self::with(setup()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let system = setup.start().await;
        let clients = system.clients();
        Self { system, clients }
    }

    /// A product of so many pieces, at a price in fen.
    pub async fn product(&self, id: &str, name: &str, stock: i64, price: i64) {
        let price = Some(Money { minor_units: price, currency: "CNY".to_owned() });
        let product = Product { product_id: id.to_owned(), name: name.to_owned(), price, stock, ..Product::default() };
        let request = CreateProductRequest { product: Some(product), request_id: None };
        self.clients.inventory.clone().create_product(request).await.expect("a product");
    }

    /// What the catalogue says of it now.
    pub async fn look(&self, id: &str) -> Product {
        let request = GetProductRequest { product_id: id.to_owned() };
        self.clients.inventory.clone().get_product(request).await.expect("a product").into_inner().product.expect("a product")
    }

    /// Places an order, as soon as the orders service knows its products.
    pub async fn place(&self, order: PlaceOrderRequest) -> Order {
        eventually(SOON, || async {
            match self.try_to_place(order.clone()).await {
                Ok(order) => Some(order),
                Err(status)
                    if violations(&status).iter().all(|(field, _)| field.ends_with("product_id")) && !violations(&status).is_empty() =>
                {
                    None
                }
                Err(status) => panic!("{status:?}"),
            }
        })
        .await
    }

    /// So many pieces are there, soon: what is confirmed leaves the stock a moment later.
    pub async fn stock_is(&self, id: &str, stock: i64) {
        eventually(SOON, || async { (self.look(id).await.stock == stock).then_some(()) }).await;
    }

    pub async fn try_to_place(&self, order: PlaceOrderRequest) -> Result<Order, Status> {
        self.clients.orders.clone().place_order(order).await.map(|answer| answer.into_inner().order.expect("an order"))
    }

    pub async fn order(&self, id: &str) -> Order {
        let request = GetOrderRequest { order_id: id.to_owned() };
        self.clients.orders.clone().get_order(request).await.expect("an order").into_inner().order.expect("an order")
    }

    /// The order, once its saga has ended.
    pub async fn ended(&self, id: &str) -> Order {
        eventually(ENDS, || async {
            let order = self.order(id).await;
            order.saga.as_ref().is_some_and(|saga| saga.finished_at.is_some()).then_some(order)
        })
        .await
    }

    /// Places it and waits for its end, which should be this.
    pub async fn ends_as(&self, order: PlaceOrderRequest, status: OrderStatus, reason: &str) -> Order {
        let placed = self.place(order).await;
        let order = self.ended(&placed.order_id).await;
        assert_eq!((order.status(), order.status_reason.as_str()), (status, reason), "{order:?}");
        order
    }

    /// The types of an order's events, oldest first, once this one is among them.
    pub async fn history(&self, order_id: &str, until: &str) -> Vec<Event> {
        let filter = EventFilter { aggregate_type: "order".to_owned(), key: order_id.to_owned(), ..EventFilter::default() };
        let request = ListEventsRequest { filter: Some(filter), page_size: 1_000, ..ListEventsRequest::default() };
        eventually(SOON, || async {
            let events = self.clients.events.clone().list_events(request.clone()).await.expect("a history").into_inner().events;
            events.iter().any(|event| event.r#type == until).then_some(events)
        })
        .await
    }

    /// What the customer was told about an order by this template, once it is out.
    pub async fn told(&self, order_id: &str, template: &str) -> Notification {
        let request = ListNotificationsRequest {
            order_id: order_id.to_owned(),
            template: template.to_owned(),
            ..ListNotificationsRequest::default()
        };
        eventually(SOON, || async {
            let answer = self.clients.notifications.clone().list_notifications(request.clone()).await.expect("notifications");
            answer.into_inner().notifications.into_iter().find(|notification| notification.status() == NotificationStatus::Sent)
        })
        .await
    }

    /// The provider's own ledger.
    pub async fn charges(&self) -> Vec<ProviderCharge> {
        let request = ListProviderChargesRequest { page_size: 1_000, ..ListProviderChargesRequest::default() };
        self.clients.payments.clone().list_provider_charges(request).await.expect("a ledger").into_inner().charges
    }

    /// `ensue check` finds nothing wrong.
    pub async fn agrees(&self) -> String {
        self.system.run(["check", "--settle", "120s"]).await.good()
    }
}

/// An order of user-1 with all that it needs, paid with this token.
pub fn order(id: &str, items: &[(&str, i32)], token: &str) -> PlaceOrderRequest {
    let item =
        |(product, quantity): &(&str, i32)| OrderItem { product_id: (*product).to_owned(), quantity: *quantity, ..OrderItem::default() };
    PlaceOrderRequest {
        order_id: id.to_owned(),
        user_id: "user-1".to_owned(),
        contact: Some(Contact { email: "user-1@example.com".to_owned(), locale: "en".to_owned(), ..Contact::default() }),
        items: items.iter().map(item).collect(),
        shipping_address: Some(Address {
            recipient: "User One".to_owned(),
            city: "Shanghai".to_owned(),
            country: "CN".to_owned(),
            ..Address::default()
        }),
        payment: Some(PaymentDetails { method: "card".to_owned(), token: token.to_owned() }),
        request_id: None,
    }
}

/// Fields that a refusal names, with what is wrong.
pub fn violations(status: &Status) -> Vec<(String, String)> {
    let details = status.get_error_details();
    let fields = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    fields.into_iter().map(|violation| (violation.field, violation.description)).collect()
}

/// Their types, in their order.
pub fn types(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.r#type.as_str()).collect()
}
