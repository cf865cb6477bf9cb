//! A running inventory, an orders service that only sends what a test tells it to, and everybody's view of both.

use catalogue::types::v1::{Customer, Line, Money};
use contracts_inventory::v1::inventory_service_client::InventoryServiceClient;
use contracts_inventory::v1::{
    CreateProductRequest, GetProductRequest, ListReservationsRequest, Product, ReleaseStock, Reservation, ReserveStock,
};
use service_host::Service;
use testkit::{Database, Process, Watch};
use tonic::transport::Channel;

pub struct Shop {
    pub process: Process,
    pub watch: Watch,
}

impl Shop {
    pub async fn start(database: Database) -> Self {
        let process = Process::of(&[&contracts_inventory::CONTRACTS], |config| vec![inventory::service(config), Service::new("orders")])
            .on(database)
            .start()
            .await;
        let watch = process.watch("events.inventory.>").await;
        Self { process, watch }
    }

    pub fn calls(&self) -> InventoryServiceClient<Channel> {
        InventoryServiceClient::new(self.process.channel())
    }

    /// Puts a product on the shelf, low below 10 pieces.
    pub async fn stock(&self, product_id: &str, stock: i64) -> &Self {
        self.create(product(product_id, stock)).await;
        self
    }

    pub async fn create(&self, product: Product) -> Product {
        let request = CreateProductRequest { product: Some(product), request_id: None };
        self.calls().create_product(request).await.expect("a product").into_inner().product.expect("a product")
    }

    pub async fn product(&self, product_id: &str) -> Product {
        let request = GetProductRequest { product_id: product_id.to_owned() };
        self.calls().get_product(request).await.expect("a product").into_inner().product.expect("a product")
    }

    /// Stock and reserved.
    pub async fn pieces(&self, product_id: &str) -> (i64, i64) {
        let product = self.product(product_id).await;
        (product.stock, product.reserved)
    }

    pub async fn reservations(&self) -> Vec<Reservation> {
        self.calls().list_reservations(ListReservationsRequest::default()).await.expect("reservations").into_inner().reservations
    }

    /// A command of the orders service.
    pub async fn send<C: catalogue::Contract>(&self, command: C) {
        self.process.emit("orders", command).await;
    }
}

pub fn product(product_id: &str, stock: i64) -> Product {
    Product {
        product_id: product_id.to_owned(),
        name: format!("a {product_id}"),
        group: "fruit".to_owned(),
        department: "food".to_owned(),
        price: Some(Money { minor_units: 250, currency: "EUR".to_owned() }),
        stock,
        ..Product::default()
    }
}

pub fn reserve(order_id: &str, lines: &[(&str, i32)]) -> ReserveStock {
    ReserveStock { order_id: order_id.to_owned(), lines: lines.iter().map(|it| line(it.0, it.1)).collect(), customer: Some(customer()) }
}

pub fn release(order_id: &str) -> ReleaseStock {
    ReleaseStock { order_id: order_id.to_owned(), reason: "customer_request".to_owned(), customer: Some(customer()) }
}

pub fn line(product_id: &str, quantity: i32) -> Line {
    Line { product_id: product_id.to_owned(), sku_id: String::new(), quantity }
}

pub fn customer() -> Customer {
    Customer { user_id: "user-1".to_owned(), contact: None }
}
