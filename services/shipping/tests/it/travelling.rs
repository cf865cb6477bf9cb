//! `DispatchShipment` and `ConfirmDelivery`.

use contracts_shipping::v1::{
    ConfirmDeliveryRequest, DispatchShipmentRequest, ShipmentCancelled, ShipmentCreated, ShipmentDelivered, ShipmentDispatched,
    ShipmentStatus,
};
use testkit::Database;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::shop::{Shop, address, customer};

testkit::on_both_databases! {
    a_shipment_travels_to_its_customer
    a_forbidden_step_is_refused_naming_both_states
    the_same_request_is_one_step
    a_bad_request_leaves_nothing
}

fn dispatch(order: &str) -> DispatchShipmentRequest {
    DispatchShipmentRequest { order_id: order.into(), ..DispatchShipmentRequest::default() }
}

fn deliver(order: &str) -> ConfirmDeliveryRequest {
    ConfirmDeliveryRequest { order_id: order.into(), ..ConfirmDeliveryRequest::default() }
}

async fn created(database: Database) -> (Shop, String) {
    let shop = Shop::on(database).await;
    shop.create("o-1").await;
    let created: ShipmentCreated = shop.watch.first("o-1").await;
    (shop, created.shipment_id)
}

async fn a_shipment_travels_to_its_customer(database: Database) {
    let (shop, shipment_id) = created(database).await;
    let request = DispatchShipmentRequest { shipment_id: shipment_id.clone(), tracking_number: "T2".into(), ..Default::default() };
    let shown = shop.client().dispatch_shipment(request).await.expect("under way").into_inner().shipment.expect("a shipment");
    assert_eq!((shown.status(), shown.tracking_number.as_str(), shown.dispatched_at.is_some()), (ShipmentStatus::Dispatched, "T2", true));
    let dispatched: ShipmentDispatched = shop.watch.first("o-1").await;
    assert_eq!((dispatched.shipment_id, dispatched.tracking_number.as_str()), (shipment_id.clone(), "T2"));
    assert_eq!((dispatched.address, dispatched.customer), (Some(address()), Some(customer())));

    let shown = shop.client().confirm_delivery(deliver("o-1")).await.expect("there").into_inner().shipment.expect("a shipment");
    assert_eq!((shown.status(), shown.delivered_at.is_some()), (ShipmentStatus::Delivered, true));
    let delivered: ShipmentDelivered = shop.watch.first("o-1").await;
    assert_eq!((delivered.shipment_id, delivered.customer), (shipment_id, Some(customer())));
    assert_eq!(shop.shipment("o-1").await, shown);
}

async fn a_forbidden_step_is_refused_naming_both_states(database: Database) {
    let (shop, _) = created(database).await;
    let refused = shop.client().confirm_delivery(deliver("o-1")).await.expect_err("not yet");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let info = refused.get_details_error_info().expect("a reason");
    assert_eq!((info.metadata["from"].as_str(), info.metadata["to"].as_str()), ("created", "delivered"));
    shop.cancel("o-1").await;
    let _: ShipmentCancelled = shop.watch.first("o-1").await;
    let refused = shop.client().dispatch_shipment(dispatch("o-1")).await.expect_err("cancelled");
    assert_eq!((refused.code(), refused.message()), (Code::FailedPrecondition, "a shipment that is cancelled cannot become dispatched"));
}

async fn the_same_request_is_one_step(database: Database) {
    let (shop, _) = created(database).await;
    let request = DispatchShipmentRequest { request_id: Some("r-1".into()), ..dispatch("o-1") };
    let first = shop.client().dispatch_shipment(request.clone()).await.expect("an answer").into_inner();
    assert_eq!(shop.client().dispatch_shipment(request.clone()).await.expect("the same").into_inner(), first);
    let other = DispatchShipmentRequest { tracking_number: "T2".into(), ..request };
    assert_eq!(shop.client().dispatch_shipment(other).await.expect_err("another body").code(), Code::AlreadyExists);
    let again = shop.client().dispatch_shipment(dispatch("o-1")).await.expect_err("another request");
    assert_eq!(again.code(), Code::FailedPrecondition);
}

async fn a_bad_request_leaves_nothing(database: Database) {
    let (shop, shipment_id) = created(database).await;
    let logged = shop.process.logged("shipping").await;
    for (request, code) in [
        (DispatchShipmentRequest::default(), Code::InvalidArgument),
        (DispatchShipmentRequest { shipment_id, ..dispatch("o-1") }, Code::InvalidArgument),
        (dispatch("o 1"), Code::InvalidArgument),
        (DispatchShipmentRequest { tracking_number: "T".repeat(65), ..dispatch("o-1") }, Code::InvalidArgument),
        (DispatchShipmentRequest { request_id: Some("a b".into()), ..dispatch("o-1") }, Code::InvalidArgument),
        (dispatch("o-2"), Code::NotFound),
    ] {
        let refused = shop.client().dispatch_shipment(request.clone()).await.expect_err("refused");
        assert_eq!(refused.code(), code, "{request:?}: {refused:?}");
    }
    assert_eq!(shop.client().confirm_delivery(ConfirmDeliveryRequest::default()).await.expect_err("no id").code(), Code::InvalidArgument);
    assert_eq!(shop.process.logged("shipping").await, logged);
    assert_eq!(shop.shipment("o-1").await.status(), ShipmentStatus::Created);
}
