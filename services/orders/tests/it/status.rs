//! Where an order may go, by shipping and by operators.

use contracts_orders::v1::*;
use contracts_shipping::v1::{ShipmentDelivered, ShipmentDispatched};
use orders::domain::status::{By, Status};
use orders::order_saga::plan::{CHARGE, RESERVE, SHIPMENT};
use orders::wire;
use tonic::Code;

use crate::participants::{Do, Undo};
use crate::shop::{Shop, refusal};

/// An order in every status, under the status's name.
async fn an_order_in_each_status(shop: &Shop) {
    for (status, step) in [(Status::Pending, RESERVE), (Status::Reserved, CHARGE), (Status::Shipping, SHIPMENT)] {
        shop.script.on_do(status.as_str(), step, Do::Late);
    }
    shop.script.on_do("CANCELLED", RESERVE, Do::Refuse("insufficient_stock"));
    shop.script.on_do("COMPENSATION_FAILED", CHARGE, Do::Refuse("payment_declined"));
    shop.script.on_undo("COMPENSATION_FAILED", RESERVE, Undo::FailOnce);
    // PAID lasts no longer than the transition that leads on to SHIPPING.
    for status in Status::ALL.into_iter().filter(|status| *status != Status::Paid) {
        let id = status.as_str();
        match status {
            Status::Dispatched => {
                shop.confirmed(id).await;
                shop.update(id, OrderStatus::Dispatched).await.unwrap();
            }
            Status::Delivered => _ = shop.delivered(id).await,
            Status::Returned => {
                shop.delivered(id).await;
                shop.give_back(id, &[("PROD-001", 2), ("PROD-003", 1)], "all of it").await.unwrap();
            }
            _ => _ = shop.place(id).await,
        }
        shop.until(id, wire::status(status)).await;
    }
}

#[tokio::test]
async fn operators_may_go_where_the_table_says_and_nowhere_else() {
    let shop = Shop::open().await;
    an_order_in_each_status(&shop).await;
    for from in Status::ALL.into_iter().filter(|status| *status != Status::Paid) {
        for to in Status::ALL.into_iter().filter(|to| !from.may_become(*to, By::Operator)) {
            let before = shop.process.logged("orders").await;
            let status = shop.update(from.as_str(), wire::status(to)).await.unwrap_err();
            let (code, reason, _) = refusal(&status);
            assert_eq!((code, reason.as_str()), (Code::FailedPrecondition, "FORBIDDEN_TRANSITION"), "{from} to {to}");
            assert!(status.message().contains(&format!("in {from} cannot become {to}")), "{status}");
            assert_eq!(shop.process.logged("orders").await, before);
        }
        for to in Status::ALL.into_iter().filter(|to| from.may_become(*to, By::Operator)) {
            let order = shop.update(from.as_str(), wire::status(to)).await.unwrap();
            assert_eq!(order.status(), wire::status(to), "{from} to {to}");
        }
        shop.assert_row_is_the_sum_of_events(from.as_str()).await;
    }
    let unheard_of = UpdateOrderStatusRequest { order_id: "CONFIRMED".into(), status: 99, ..Default::default() };
    assert_eq!(refusal(&shop.client().update_order_status(unheard_of).await.unwrap_err()).2, ["status"]);
}

#[tokio::test]
async fn the_parcel_s_way_is_the_order_s() {
    let shop = Shop::open().await;
    let events = shop.process.watch("events.order.>").await;
    let placed = shop.confirmed("o-1").await;
    dispatched(&shop, "o-1").await;
    shop.until("o-1", OrderStatus::Dispatched).await;
    delivered(&shop, "o-1").await;
    shop.until("o-1", OrderStatus::Delivered).await;
    let told: OrderStatusUpdated = events.nth("o-1", 6).await;
    assert_eq!((told.previous_status(), told.status()), (OrderStatus::Dispatched, OrderStatus::Delivered));
    let seen = events.messages();
    assert!(seen.iter().all(|it| it.correlation_id == placed.correlation_id), "one conversation, whoever moved the parcel");
    shop.assert_row_is_the_sum_of_events("o-1").await;
}

#[tokio::test]
async fn what_an_operator_said_already_is_no_news_from_shipping() {
    let shop = Shop::open().await;
    shop.delivered("o-1").await;
    let before = shop.events("o-1").await;
    dispatched(&shop, "o-1").await;
    delivered(&shop, "o-1").await;
    shop.delivered("o-2").await;
    assert_eq!(shop.events("o-1").await, before);
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn a_parcel_that_contradicts_its_order_is_raised() {
    let shop = Shop::open().await;
    let errors = shop.process.watch("events.system.>").await;
    shop.script.on_do("o-1", RESERVE, Do::Refuse("insufficient_stock"));
    shop.place("o-1").await;
    shop.until("o-1", OrderStatus::Cancelled).await;
    dispatched(&shop, "o-1").await;
    let raised: catalogue::system::v1::SystemError = errors.first("orders-saga").await;
    assert_eq!((raised.code.as_str(), raised.event_key.as_str()), ("status_contradicted", "o-1"));
    assert_eq!(shop.order("o-1").await.status(), OrderStatus::Cancelled);
}

async fn dispatched(shop: &Shop, order_id: &str) {
    let event = ShipmentDispatched { order_id: order_id.into(), shipment_id: "ship-1".into(), ..Default::default() };
    shop.process.emit("shipping", event).await;
}

async fn delivered(shop: &Shop, order_id: &str) {
    let event = ShipmentDelivered { order_id: order_id.into(), shipment_id: "ship-1".into(), ..Default::default() };
    shop.process.emit("shipping", event).await;
}
