//! A shop to try orders in: the service, its participants, and three products.

use std::sync::Arc;

use catalogue::types::v1::{Address, Contact, Line, Money};
use contracts_inventory::v1::{Product, ProductCreated, Sku};
use contracts_orders::v1::order_service_client::OrderServiceClient;
use contracts_orders::v1::*;
use messaging::Kind;
use orders::domain::{Event, Order as Aggregate};
use saga::Ledger;
use service_host::config::Config;
use store::{StoreError, params};
use testkit::{Database, Process, SOON, eventually};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::participants::{self, Script};

pub struct Shop {
    pub process: Process,
    pub script: Arc<Script>,
}

impl Shop {
    pub async fn open() -> Self {
        Self::on(Database::Sqlite).await
    }

    pub async fn on(database: Database) -> Self {
        Self::with(database, |_| {}).await
    }

    pub async fn with(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        let script = Arc::new(Script::default());
        let told = script.clone();
        let services = move |config: &Config| {
            let mut services = participants::services(&told);
            services.push(orders::service(config));
            services
        };
        let process = Process::of(
            &[
                &contracts_inventory::CONTRACTS,
                &contracts_orders::CONTRACTS,
                &contracts_payments::CONTRACTS,
                &contracts_shipping::CONTRACTS,
            ],
            services,
        )
        .on(database)
        .set(change)
        .start()
        .await;
        let shop = Self { process, script };
        let products = [product("PROD-001", 699_900, &[]), product("PROD-003", 199_900, &[]), product("shirt", 9_900, &["s", "m"])];
        for product in products {
            shop.offer(product).await;
        }
        shop
    }

    /// Puts a product into the catalogue, and waits until orders knows.
    pub async fn offer(&self, product: Product) {
        let (id, price) = (product.product_id.clone(), product.price.as_ref().unwrap().minor_units);
        self.process.emit("inventory", ProductCreated { product_id: id.clone(), product: Some(product) }).await;
        let sql = "SELECT price FROM products WHERE product_id = $1";
        eventually(SOON, || async {
            let row = self.process.store("orders").row(sql, params![&id]).await.unwrap();
            row.filter(|row| row.get::<i64>("price").unwrap() == price)
        })
        .await;
    }

    pub fn client(&self) -> OrderServiceClient<Channel> {
        OrderServiceClient::new(self.process.channel())
    }

    /// Places two phones and a pair of buds under this id.
    pub async fn place(&self, order_id: &str) -> Order {
        self.try_place(request(order_id)).await.unwrap()
    }

    pub async fn try_place(&self, request: PlaceOrderRequest) -> Result<Order, Status> {
        self.client().place_order(request).await.map(|answer| answer.into_inner().order.unwrap())
    }

    /// Places an order and waits until it is CONFIRMED.
    pub async fn confirmed(&self, order_id: &str) -> Order {
        self.place(order_id).await;
        self.until(order_id, OrderStatus::Confirmed).await
    }

    /// Places an order, and lets it be dispatched and delivered.
    pub async fn delivered(&self, order_id: &str) -> Order {
        self.confirmed(order_id).await;
        self.update(order_id, OrderStatus::Dispatched).await.unwrap();
        self.update(order_id, OrderStatus::Delivered).await.unwrap()
    }

    pub async fn update(&self, order_id: &str, status: OrderStatus) -> Result<Order, Status> {
        let request = UpdateOrderStatusRequest { order_id: order_id.into(), status: status.into(), ..Default::default() };
        self.client().update_order_status(request).await.map(|answer| answer.into_inner().order.unwrap())
    }

    pub async fn cancel(&self, order_id: &str) -> Result<Order, Status> {
        let request = CancelOrderRequest { order_id: order_id.into(), ..Default::default() };
        self.client().cancel_order(request).await.map(|answer| answer.into_inner().order.unwrap())
    }

    pub async fn give_back(&self, order_id: &str, lines: &[(&str, i32)], reason: &str) -> Result<ReturnOrderResponse, Status> {
        let line = |(id, quantity): &(&str, i32)| Line { product_id: (*id).into(), quantity: *quantity, ..Default::default() };
        let lines = lines.iter().map(line).collect();
        let request = ReturnOrderRequest { order_id: order_id.into(), lines, reason: reason.into(), ..Default::default() };
        self.client().return_order(request).await.map(tonic::Response::into_inner)
    }

    pub async fn retry(&self, saga_id: &str) -> Result<Saga, Status> {
        let request = RetrySagaRequest { saga_id: saga_id.into(), ..Default::default() };
        self.client().retry_saga(request).await.map(|answer| answer.into_inner().saga.unwrap())
    }

    pub async fn order(&self, order_id: &str) -> Order {
        let request = GetOrderRequest { order_id: order_id.into() };
        self.client().get_order(request).await.unwrap().into_inner().order.unwrap()
    }

    #[track_caller]
    pub fn until<'a>(&'a self, order_id: &'a str, status: OrderStatus) -> impl Future<Output = Order> + 'a {
        self.until_it(order_id, move |order| order.status() == status)
    }

    #[track_caller]
    pub fn until_it<'a>(&'a self, order_id: &'a str, is: impl Fn(&Order) -> bool + Copy + 'a) -> impl Future<Output = Order> + 'a {
        eventually(SOON, move || async move { Some(self.order(order_id).await).filter(|order| is(order)) })
    }

    /// Waits until a step has got so far.
    pub async fn until_step(&self, order_id: &str, step: &str, state: SagaStepState) -> Order {
        let is = |order: &Order| order.saga.as_ref().unwrap().steps.iter().any(|it| it.name == step && it.state() == state);
        self.until_it(order_id, is).await
    }

    /// The ledger as it stands in the store.
    pub async fn ledger(&self, order_id: &str) -> Ledger {
        saga::durable::find(self.process.store("orders"), order_id).await.unwrap().unwrap().ledger
    }

    /// What happened to an order, as its log says.
    pub async fn events(&self, order_id: &str) -> Vec<Event> {
        let order_id = order_id.to_owned();
        let log = self
            .process
            .store("orders")
            .write::<_, StoreError, _>(move |work| Box::pin(async move { work.history(Kind::Event, "order", "order", &order_id).await }));
        log.await.unwrap().iter().map(|envelope| orders::wire::event_of(envelope).unwrap()).collect()
    }

    /// The row of an order is what its events make of it.
    pub async fn assert_row_is_the_sum_of_events(&self, order_id: &str) {
        let events = self.events(order_id).await;
        let (kept, _) = orders::store::orders::find(self.process.store("orders"), order_id).await.unwrap().unwrap();
        assert_eq!(Aggregate::replay(&events), Some(kept.order));
        assert_eq!(kept.version, events.len() as u64);
    }

    /// Nothing of this order is left to do: no timers, no dead letters.
    pub async fn assert_at_rest(&self) {
        for service in ["orders", "inventory", "payments", "shipping"] {
            assert_eq!(self.process.dead_letters(service).await, []);
        }
        let sql = "SELECT id, payload FROM timers";
        let timers = self.process.store("orders").rows(sql, params![]).await.unwrap();
        assert!(timers.is_empty(), "{} timers are left", timers.len());
    }
}

pub fn product(id: &str, price: i64, skus: &[&str]) -> Product {
    Product {
        product_id: id.into(),
        name: format!("{id} by name"),
        price: Some(Money { minor_units: price, currency: "CNY".into() }),
        skus: skus.iter().map(|sku| Sku { sku_id: (*sku).into(), ..Default::default() }).collect(),
        stock: 100,
        ..Default::default()
    }
}

pub fn item(product_id: &str, quantity: i32) -> OrderItem {
    OrderItem { product_id: product_id.into(), quantity, ..Default::default() }
}

/// The tour's order: 15,997.00 CNY.
pub fn request(order_id: &str) -> PlaceOrderRequest {
    PlaceOrderRequest {
        order_id: order_id.into(),
        user_id: "user-123".into(),
        contact: Some(Contact { email: "user@example.org".into(), locale: "zh-CN".into(), ..Default::default() }),
        items: vec![item("PROD-001", 2), item("PROD-003", 1)],
        shipping_address: Some(Address { recipient: "U. Ser".into(), city: "上海".into(), country: "CN".into(), ..Default::default() }),
        payment: Some(PaymentDetails { method: "card".into(), token: "tok_ok".into() }),
        request_id: None,
    }
}

/// The code, the reason for programs, and the fields that are wrong.
pub fn refusal(status: &Status) -> (Code, String, Vec<String>) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
    let fields = details.bad_request().map(|bad| bad.field_violations.iter().map(|it| it.field.clone()).collect()).unwrap_or_default();
    (status.code(), reason, fields)
}

pub fn steps(order: &Order) -> Vec<(String, SagaStepState)> {
    order.saga.as_ref().unwrap().steps.iter().map(|step| (step.name.clone(), step.state())).collect()
}
