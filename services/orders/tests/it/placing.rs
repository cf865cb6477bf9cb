//! An order that goes well, and what is known of it.

use catalogue::types::v1::Money;
use contracts_inventory::v1::{DeductStock, ReserveStock};
use contracts_orders::v1::*;
use contracts_orders::v2::OrderPlaced;
use contracts_payments::v1::ChargePayment;
use contracts_shipping::v1::CreateShipment;
use orders::order_saga::plan::{CHARGE, RESERVE, SHIPMENT};
use testkit::Database;
use tonic::{Code, Request};

use crate::participants::Do;
use crate::shop::{Shop, product, refusal, request, steps};

testkit::on_both_databases! {
    an_order_is_answered_pending_and_goes_its_way
    what_one_call_led_to_is_one_conversation
    the_same_request_again_gets_the_first_answer
    a_restart_in_the_middle_loses_nothing
}

async fn an_order_is_answered_pending_and_goes_its_way(database: Database) {
    let shop = Shop::on(database).await;
    let (events, commands) = (shop.process.watch("events.order.>").await, shop.process.watch("commands.>").await);
    let placed = shop.place("o-1").await;
    assert_eq!((placed.status(), placed.total), (OrderStatus::Pending, Some(Money { minor_units: 1_599_700, currency: "CNY".into() })));
    assert_eq!(placed.items[0].name, "PROD-001 by name");

    let confirmed: OrderConfirmed = events.first("o-1").await;
    assert_eq!((confirmed.payment_id.as_str(), confirmed.shipment_id.as_str()), ("pay-1", "ship-1"));
    let customer = confirmed.customer.unwrap();
    assert_eq!((customer.user_id.as_str(), customer.contact.unwrap().email.as_str()), ("user-123", "user@example.org"));
    assert_eq!(confirmed.shipping_address.unwrap().city, "上海");

    let order_placed: OrderPlaced = events.first("o-1").await;
    assert_eq!((order_placed.user_id.as_str(), order_placed.saga_id.as_str()), ("user-123", "o-1"));
    let way: Vec<(OrderStatus, OrderStatus)> =
        events.all::<OrderStatusUpdated>("o-1").iter().map(|it| (it.previous_status(), it.status())).collect();
    use OrderStatus::*;
    assert_eq!(way, [(Pending, Reserved), (Reserved, Paid), (Paid, Shipping), (Shipping, Confirmed)], "every change is told");

    commands.first::<DeductStock>("o-1").await;
    let charge: ChargePayment = commands.first("o-1").await;
    assert_eq!((charge.amount.unwrap().minor_units, charge.method.as_str(), charge.token.as_str()), (1_599_700, "card", "tok_ok"));
    assert_eq!(commands.first::<ReserveStock>("o-1").await.lines.len(), 2);
    assert_eq!(commands.first::<CreateShipment>("o-1").await.address.unwrap().recipient, "U. Ser");

    let order = shop.until("o-1", Confirmed).await;
    let saga = order.saga.clone().unwrap();
    assert_eq!((saga.state(), saga.order_id.as_str()), (SagaState::Completed, "o-1"));
    assert!(saga.finished_at.is_some() && saga.steps.iter().all(|step| step.attempts == 1 && step.finished_at.is_some()));
    assert!(steps(&order).iter().all(|(_, state)| *state == SagaStepState::Done), "{saga:?}");
    shop.assert_row_is_the_sum_of_events("o-1").await;
    shop.assert_at_rest().await;
}

async fn what_one_call_led_to_is_one_conversation(database: Database) {
    let shop = Shop::on(database).await;
    let (events, commands) = (shop.process.watch("events.>").await, shop.process.watch("commands.>").await);
    let mut call = Request::new(request("o-1"));
    call.metadata_mut().insert("x-correlation-id", "talk-1".parse().unwrap());
    shop.client().place_order(call).await.unwrap();
    shop.until("o-1", OrderStatus::Confirmed).await;
    commands.first::<DeductStock>("o-1").await;
    // Who cancels later joins the conversation that the order began.
    shop.cancel("o-1").await.unwrap();
    shop.until("o-1", OrderStatus::Cancelled).await;
    events.first::<OrderCancelled>("o-1").await;

    let mut seen = events.messages();
    seen.extend(commands.messages());
    seen.retain(|it| it.key == "o-1");
    assert!(seen.iter().all(|it| it.correlation_id == "talk-1"), "{seen:#?}");
    let known = |id: &str| seen.iter().any(|it| it.id == id);
    let roots: Vec<&str> = seen.iter().filter(|it| !known(&it.causation_id)).map(|it| it.type_.as_str()).collect();
    assert_eq!(roots, ["order.placed", "shipping.cancel_shipment"], "what people did, and everything else follows from it");
    assert_eq!(shop.order("o-1").await.correlation_id, "talk-1");
}

async fn the_same_request_again_gets_the_first_answer(database: Database) {
    let shop = Shop::on(database).await;
    let wish = PlaceOrderRequest { request_id: Some("r-1".into()), ..request("") };
    let first = shop.try_place(wish.clone()).await.unwrap();
    shop.until(&first.order_id, OrderStatus::Confirmed).await;
    assert_eq!(shop.try_place(wish.clone()).await.unwrap(), first);
    assert_eq!(first.correlation_id, "r-1", "without another id the request's is the conversation's");

    let other = PlaceOrderRequest { user_id: "user-456".into(), ..wish };
    assert_eq!(shop.try_place(other).await.unwrap_err().code(), Code::AlreadyExists);
    assert_eq!(shop.client().list_orders(ListOrdersRequest::default()).await.unwrap().into_inner().orders.len(), 1);
}

async fn a_restart_in_the_middle_loses_nothing(database: Database) {
    let mut shop = Shop::on(database).await;
    let ids: Vec<String> = (0..40).map(|at| format!("o-{at}")).collect();
    for id in &ids {
        shop.place(id).await;
    }
    shop.process.restart().await;
    for id in &ids {
        shop.until(id, OrderStatus::Confirmed).await;
        assert_eq!(shop.script.asked(id), [(RESERVE, false), (CHARGE, false), (SHIPMENT, false)]);
        shop.assert_row_is_the_sum_of_events(id).await;
    }
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn an_id_is_an_order_s_once() {
    let shop = Shop::open().await;
    shop.place("o-1").await;
    let (code, reason, _) = refusal(&shop.try_place(request("o-1")).await.unwrap_err());
    assert_eq!((code, reason.as_str()), (Code::AlreadyExists, "ORDER_ALREADY_EXISTS"));
}

#[tokio::test]
async fn a_new_price_counts_from_the_next_order_on() {
    let shop = Shop::open().await;
    let before = shop.place("o-1").await;
    shop.offer(product("PROD-001", 599_900, &[])).await;
    assert_eq!(shop.place("o-2").await.total.unwrap().minor_units, 1_399_700);
    assert_eq!(shop.order("o-1").await.total, before.total, "what was agreed stays");
}

#[tokio::test]
async fn answers_that_come_twice_count_once() {
    let shop = Shop::open().await;
    for step in [RESERVE, CHARGE, SHIPMENT] {
        shop.script.twice("o-1", step);
        shop.script.twice("o-2", step);
    }
    shop.script.on_do("o-2", SHIPMENT, Do::Refuse("no courier"));
    shop.confirmed("o-1").await;
    shop.place("o-2").await;
    shop.until("o-2", OrderStatus::Cancelled).await;
    assert_eq!(shop.script.asked("o-1").len(), 3);
    assert_eq!(shop.script.undos("o-2"), [CHARGE, RESERVE]);
    shop.assert_row_is_the_sum_of_events("o-2").await;
    shop.assert_at_rest().await;
}
