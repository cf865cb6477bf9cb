//! Payments with a sender of commands beside it, and what is seen from outside.

use std::sync::Arc;

use catalogue::types::v1::{Contact, Customer, Money};
use contracts_payments::v1::payment_service_client::PaymentServiceClient;
use contracts_payments::v1::{ChargePayment, GetPaymentRequest, ListProviderChargesRequest, Payment, ProviderCharge, RefundPayment};
use payments::outside::PaymentProvider;
use service_host::Service;
use service_host::config::Config;
use testkit::{Database, Process, Watch};
use tonic::transport::Channel;

pub struct Shop {
    pub process: Process,
    pub watch: Watch,
}

pub fn cny(minor_units: i64) -> Money {
    Money { minor_units, currency: "CNY".into() }
}

pub fn customer() -> Customer {
    Customer { user_id: "user-1".into(), contact: Some(Contact { email: "ada@example.com".into(), ..Contact::default() }) }
}

/// 10.00 for this order; the payment's id is `pay-<order>`.
pub fn charge(order: &str, token: &str) -> ChargePayment {
    ChargePayment {
        order_id: order.into(),
        payment_id: format!("pay-{order}"),
        amount: Some(cny(1_000)),
        method: "card".into(),
        token: token.into(),
        customer: Some(customer()),
    }
}

/// All that is left of this order's payment; the refund's id is `undo-<order>`.
pub fn undo(order: &str) -> RefundPayment {
    RefundPayment {
        order_id: order.into(),
        refund_id: format!("undo-{order}"),
        reason: "shipping_failed".into(),
        customer: Some(customer()),
        ..RefundPayment::default()
    }
}

impl Shop {
    pub async fn on(database: Database) -> Self {
        Self::with(database, |_| {}).await
    }

    pub async fn with(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        Self::of(database, change, payments::service).await
    }

    /// With another provider than the built-in one.
    pub async fn asking(database: Database, provider: Arc<dyn PaymentProvider>) -> Self {
        Self::of(database, |_| {}, move |config| payments::service_with(config, provider.clone())).await
    }

    async fn of(
        database: Database,
        change: impl FnOnce(&mut Config),
        payments: impl Fn(&Config) -> Service + Send + Sync + 'static,
    ) -> Self {
        let services = move |config: &Config| vec![Service::new("orders"), payments(config)];
        let process = Process::of(&[&contracts_payments::CONTRACTS], services).on(database).set(change).start().await;
        let watch = process.watch("events.payment.>").await;
        Self { process, watch }
    }

    pub async fn charge(&self, order: &str, token: &str) {
        self.process.emit("orders", charge(order, token)).await;
    }

    pub async fn undo(&self, order: &str) {
        self.process.emit("orders", undo(order)).await;
    }

    pub fn client(&self) -> PaymentServiceClient<Channel> {
        PaymentServiceClient::new(self.process.channel())
    }

    pub async fn payment(&self, order: &str) -> Payment {
        let request = GetPaymentRequest { order_id: order.into(), ..GetPaymentRequest::default() };
        self.client().get_payment(request).await.expect("a payment").into_inner().payment.expect("a payment")
    }

    /// The provider's own ledger.
    pub async fn ledger(&self) -> Vec<ProviderCharge> {
        self.client().list_provider_charges(ListProviderChargesRequest::default()).await.expect("a ledger").into_inner().charges
    }

    /// The ledger in short: which way, under which key, how much.
    pub async fn moved(&self) -> Vec<(String, String, i64)> {
        let moved = |it: ProviderCharge| (it.kind, it.idempotency_key, it.amount.expect("an amount").minor_units);
        self.ledger().await.into_iter().map(moved).collect()
    }
}

/// A line of [`Shop::moved`].
pub fn line(kind: &str, key: &str, minor_units: i64) -> (String, String, i64) {
    (kind.into(), key.into(), minor_units)
}
