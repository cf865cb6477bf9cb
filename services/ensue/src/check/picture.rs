//! Everything that is compared, as the services tell it at about the same time.

use std::collections::BTreeMap;

use contracts::events::v1::{Event, EventFilter, EventOrder, ListDeadLettersRequest, ListEventsRequest};
use contracts::inventory::v1::{ListProductsRequest, ListReservationsRequest, Product, Reservation, ReservationState};
use contracts::notifications::v1::{Channel, ListNotificationsRequest, Notification};
use contracts::orders::v1::{ListOrdersRequest, ListSagasRequest, Order, OrderStatus, Saga, SagaState};
use contracts::payments::v1::{ListPaymentsRequest, ListProviderChargesRequest, Payment, ProviderCharge};
use contracts::platform::v1::DeadLetterCount;
use contracts::shipping::v1::{ListShipmentsRequest, Shipment};
use ensue_cli::{Server, ask, pages};
use tonic::Status;

use crate::clients::Clients as _;

/// The template of the mail that tells a customer that all is well.
const CONFIRMATION: &str = "order_confirmed";

/// What all services say.
#[derive(Debug, Default)]
pub struct Picture {
    /// By id.
    pub orders: BTreeMap<String, Order>,
    /// By order id.
    pub sagas: BTreeMap<String, Saga>,
    pub products: Vec<Product>,
    pub open_reservations: Vec<Reservation>,
    pub payments: Vec<Payment>,
    pub charges: Vec<ProviderCharge>,
    pub shipments: Vec<Shipment>,
    /// Confirmation mails.
    pub mails: Vec<Notification>,
    /// `inventory.product_created` and `inventory.restocked`.
    pub deliveries: Vec<Event>,
    pub dead: Vec<DeadLetterCount>,
    /// Who did not answer for their dead letters.
    pub silent: Vec<String>,
}

/// All pages of one list.
macro_rules! list {
    ($server:expr, $service:ident.$method:ident($request:ident { $($field:ident: $value:expr),* }) -> $rows:ident) => {
        pages::all(|page_token| {
            #[allow(clippy::needless_update)] // some requests have nothing else
            let request = $request { $($field: $value,)* page_size: pages::SIZE, page_token, ..$request::default() };
            async move { ask!($server, $service.$method(request)).await.map(|answer| (answer.$rows, answer.next_page_token)) }
        })
    };
}

impl Picture {
    /// Asks all services at once, each to its last page.
    pub async fn take(server: &Server) -> Result<Self, Status> {
        let open = ReservationState::Open.into();
        let email = Channel::Email.into();
        let (orders, sagas, products, open_reservations, payments, charges, shipments, mails, deliveries, dead) = tokio::try_join!(
            list!(server, orders.list_orders(ListOrdersRequest {}) -> orders),
            list!(server, orders.list_sagas(ListSagasRequest {}) -> sagas),
            list!(server, inventory.list_products(ListProductsRequest {}) -> products),
            list!(server, inventory.list_reservations(ListReservationsRequest { state: open }) -> reservations),
            list!(server, payments.list_payments(ListPaymentsRequest {}) -> payments),
            list!(server, payments.list_provider_charges(ListProviderChargesRequest {}) -> charges),
            list!(server, shipping.list_shipments(ListShipmentsRequest {}) -> shipments),
            list!(server, notifications.list_notifications(ListNotificationsRequest { template: CONFIRMATION.to_owned(), channel: email }) -> notifications),
            list!(server, events.list_events(ListEventsRequest { filter: Some(deliveries()), order: EventOrder::OldestFirst.into() }) -> events),
            dead(server),
        )?;
        Ok(Self {
            orders: orders.into_iter().map(|order| (order.order_id.clone(), order)).collect(),
            sagas: sagas.into_iter().map(|saga| (saga.order_id.clone(), saga)).collect(),
            products,
            open_reservations,
            payments,
            charges,
            shipments,
            mails,
            deliveries,
            dead: dead.0,
            silent: dead.1,
        })
    }

    /// A saga is on its way.
    pub fn in_flight(&self) -> bool {
        self.sagas.values().any(|saga| matches!(saga.state(), SagaState::Running | SagaState::Compensating))
    }

    /// Orders that were confirmed and not undone since: they are paid, shipped and out of the stock.
    pub fn standing(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().filter(|order| stands(order))
    }
}

/// It was confirmed and not undone.
pub fn stands(order: &Order) -> bool {
    matches!(order.status(), OrderStatus::Confirmed | OrderStatus::Dispatched | OrderStatus::Delivered | OrderStatus::Returned)
}

fn deliveries() -> EventFilter {
    EventFilter { types: vec!["inventory.product_created".to_owned(), "inventory.restocked".to_owned()], ..EventFilter::default() }
}

async fn dead(server: &Server) -> Result<(Vec<DeadLetterCount>, Vec<String>), Status> {
    let answer =
        ask!(server, events.list_dead_letters(ListDeadLettersRequest { counts_only: true, ..ListDeadLettersRequest::default() })).await?;
    Ok((answer.counts, answer.silent_services))
}
