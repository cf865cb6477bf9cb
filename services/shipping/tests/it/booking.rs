//! `shipping.create_shipment`: the carrier takes it, or not, or never says.

use catalogue::types::v1::Address;
use contracts_shipping::v1::{CreateShipment, ShipmentCancelled, ShipmentCommandFailed, ShipmentCreated, ShipmentFailed, ShipmentStatus};
use shipping::config::Shipping;
use testkit::{Database, SOON, eventually};

use crate::carrier::Moody;
use crate::shop::{Shop, address, create, customer};

testkit::on_both_databases! {
    a_shipment_is_created_once_with_all_that_belongs_to_it
    a_carrier_that_is_told_to_refuse_fails_every_shipment
    a_marked_address_fails_alone
    a_carrier_that_was_silent_is_asked_again_under_the_same_key
    what_a_silent_carrier_may_have_booked_is_taken_back
    the_undo_behind_a_dead_command_runs
}

async fn a_shipment_is_created_once_with_all_that_belongs_to_it(database: Database) {
    let shop = Shop::on(database).await;
    shop.create("o-1").await;
    shop.create("o-1").await;
    let created: ShipmentCreated = shop.watch.first("o-1").await;
    assert_eq!((&created.lines, &created.address, &created.customer), (&create("o-1").lines, &Some(address()), &Some(customer())));
    shop.cancel("o-1").await;
    let _: ShipmentCancelled = shop.watch.first("o-1").await;
    assert_eq!(shop.watch.all::<ShipmentCreated>("o-1").len(), 1);

    let shipment = shop.shipment("o-1").await;
    assert_eq!((shipment.shipment_id, shipment.lines, shipment.address), (created.shipment_id, created.lines, created.address));
    assert_eq!(shipment.user_id, "user-1");
}

async fn a_carrier_that_is_told_to_refuse_fails_every_shipment(database: Database) {
    let shop = Shop::with(database, |config| config.put(Shipping { fail: true, latency_ms: 0 })).await;
    shop.create("o-1").await;
    let failed: ShipmentFailed = shop.watch.first("o-1").await;
    assert_eq!((failed.reason.as_str(), failed.customer), ("carrier_refused", Some(customer())));
    let shipment = shop.shipment("o-1").await;
    assert_eq!((shipment.status(), shipment.reason.as_str()), (ShipmentStatus::Failed, "carrier_refused"));
    assert_eq!(shop.process.dead_letters("shipping").await, [], "a no is an answer");
}

async fn a_marked_address_fails_alone(database: Database) {
    let shop = Shop::on(database).await;
    let marked = Address { city: "fail-shipping".into(), ..address() };
    shop.process.emit("orders", CreateShipment { address: Some(marked), ..create("o-1") }).await;
    shop.process.emit("orders", CreateShipment { address: None, ..create("o-2") }).await;
    let _: ShipmentFailed = shop.watch.first("o-1").await;
    let _: ShipmentCreated = shop.watch.first("o-2").await;
}

async fn a_carrier_that_was_silent_is_asked_again_under_the_same_key(database: Database) {
    let carrier = Moody::new(2, true);
    let shop = Shop::asking(database, carrier.clone()).await;
    shop.create("o-1").await;
    let _: ShipmentCreated = shop.watch.first("o-1").await;
    assert_eq!(carrier.bookings(), 1);
    assert_eq!(shop.shipment("o-1").await.tracking_number, "T1");
}

async fn what_a_silent_carrier_may_have_booked_is_taken_back(database: Database) {
    let carrier = Moody::new(4, true);
    let shop = Shop::asking(database, carrier.clone()).await;
    shop.create("o-1").await;
    let failed: ShipmentFailed = shop.watch.first("o-1").await;
    assert_eq!(failed.reason, "carrier_timeout");
    eventually(SOON, || async { (carrier.bookings() == 0).then_some(()) }).await;
}

async fn the_undo_behind_a_dead_command_runs(database: Database) {
    let shop = Shop::on(database).await;
    shop.process.emit("orders", CreateShipment { lines: Vec::new(), ..create("o-1") }).await;
    shop.cancel("o-1").await;
    let failed: ShipmentCommandFailed = shop.watch.first("o-1").await;
    assert_eq!(failed.command, "shipping.create_shipment");
    assert!(failed.error.contains("lines"), "{}", failed.error);
    let cancelled: ShipmentCancelled = shop.watch.first("o-1").await;
    assert_eq!(cancelled.shipment_id, "", "there had been none");
    let [letter] = &shop.process.dead_letters("shipping").await[..] else { panic!("one dead letter") };
    assert_eq!((letter.type_.as_str(), letter.reason.as_str()), ("shipping.create_shipment", "rejected"));
}
