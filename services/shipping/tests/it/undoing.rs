//! `shipping.cancel_shipment`: whatever the shipment has come to, who asked for its undo gets an answer.

use contracts_shipping::v1::{
    DispatchShipmentRequest, ShipmentCancelRefused, ShipmentCancelled, ShipmentCreated, ShipmentFailed, ShipmentStatus,
};
use shipping::config::Shipping;
use testkit::{Database, SOON, eventually};
use tonic::Code;

use crate::carrier::Moody;
use crate::shop::{Shop, customer};

testkit::on_both_databases! {
    a_created_shipment_is_cancelled_at_the_carrier_too
    an_undo_before_its_shipment_refuses_the_late_one
    a_yes_that_comes_after_the_undo_is_taken_back
    what_is_under_way_is_not_cancelled
    an_undo_of_a_failed_shipment_is_answered
}

async fn a_created_shipment_is_cancelled_at_the_carrier_too(database: Database) {
    let carrier = Moody::new(0, true);
    let shop = Shop::asking(database, carrier.clone()).await;
    shop.create("o-1").await;
    let created: ShipmentCreated = shop.watch.first("o-1").await;
    shop.cancel("o-1").await;
    let cancelled: ShipmentCancelled = shop.watch.first("o-1").await;
    assert_eq!((cancelled.shipment_id, cancelled.reason.as_str()), (created.shipment_id, "customer_request"));
    assert_eq!(cancelled.customer, Some(customer()));
    eventually(SOON, || async { (carrier.bookings() == 0).then_some(()) }).await;
    let shipment = shop.shipment("o-1").await;
    assert_eq!((shipment.status(), shipment.reason.as_str()), (ShipmentStatus::Cancelled, "customer_request"));
}

async fn an_undo_before_its_shipment_refuses_the_late_one(database: Database) {
    let shop = Shop::on(database).await;
    shop.cancel("o-1").await;
    let cancelled: ShipmentCancelled = shop.watch.first("o-1").await;
    assert_eq!(cancelled.shipment_id, "");
    shop.create("o-1").await;
    shop.cancel("o-1").await;
    let _: ShipmentCancelled = shop.watch.nth("o-1", 2).await;
    assert_eq!(shop.watch.all::<ShipmentCreated>("o-1").len(), 0);
    assert_eq!(shop.find("o-1").await.expect_err("none").code(), Code::NotFound);
}

async fn a_yes_that_comes_after_the_undo_is_taken_back(database: Database) {
    let carrier = Moody::new(0, false);
    let shop = Shop::asking(database, carrier.clone()).await;
    shop.create("o-1").await;
    eventually(SOON, || async { (carrier.bookings() == 1).then_some(()) }).await;
    assert_eq!(shop.find("o-1").await.expect_err("not yet").code(), Code::NotFound);
    shop.cancel("o-1").await;
    let _: ShipmentCancelled = shop.watch.first("o-1").await;
    carrier.gate.add_permits(10);
    eventually(SOON, || async { (carrier.bookings() == 0).then_some(()) }).await;
    assert_eq!(shop.watch.all::<ShipmentCreated>("o-1").len(), 0);
    assert_eq!(shop.shipment("o-1").await.status(), ShipmentStatus::Cancelled);
}

async fn what_is_under_way_is_not_cancelled(database: Database) {
    let shop = Shop::on(database).await;
    shop.create("o-1").await;
    let created: ShipmentCreated = shop.watch.first("o-1").await;
    let request = DispatchShipmentRequest { order_id: "o-1".into(), ..DispatchShipmentRequest::default() };
    shop.client().dispatch_shipment(request).await.expect("under way");
    shop.cancel("o-1").await;
    let refused: ShipmentCancelRefused = shop.watch.first("o-1").await;
    assert_eq!((refused.shipment_id, refused.reason.as_str()), (created.shipment_id, "dispatched"));
    assert_eq!(shop.shipment("o-1").await.status(), ShipmentStatus::Dispatched);
}

async fn an_undo_of_a_failed_shipment_is_answered(database: Database) {
    let shop = Shop::with(database, |config| config.put(Shipping { fail: true, latency_ms: 0 })).await;
    shop.create("o-1").await;
    let _: ShipmentFailed = shop.watch.first("o-1").await;
    shop.cancel("o-1").await;
    let _: ShipmentCancelled = shop.watch.first("o-1").await;
    assert_eq!(shop.shipment("o-1").await.status(), ShipmentStatus::Failed);
}
