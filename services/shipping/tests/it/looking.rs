//! `GetShipment` and `ListShipments`.

use contracts_shipping::v1::{GetShipmentRequest, ListShipmentsRequest, Shipment, ShipmentCancelled, ShipmentCreated, ShipmentStatus};
use testkit::Database;
use tonic::Code;

use crate::shop::Shop;

testkit::on_both_databases! {
    a_shipment_is_found_by_either_id
    shipments_are_listed_newest_first_in_pages
}

fn orders(shipments: &[Shipment]) -> Vec<&str> {
    shipments.iter().map(|shipment| shipment.order_id.as_str()).collect()
}

/// Five orders one after the other: the third was let go before it had a shipment, the fourth afterwards.
async fn five(database: Database) -> Shop {
    let shop = Shop::on(database).await;
    for order in ["o-1", "o-2", "o-3", "o-4", "o-5"] {
        if order != "o-3" {
            shop.create(order).await;
            let _: ShipmentCreated = shop.watch.first(order).await;
        }
        if order == "o-3" || order == "o-4" {
            shop.cancel(order).await;
            let _: ShipmentCancelled = shop.watch.first(order).await;
        }
    }
    shop
}

async fn a_shipment_is_found_by_either_id(database: Database) {
    let shop = five(database).await;
    let found = shop.shipment("o-2").await;
    let of = |shipment_id: &str, order_id: &str| GetShipmentRequest { shipment_id: shipment_id.into(), order_id: order_id.into() };
    let again = shop.client().get_shipment(of(&found.shipment_id, "")).await.expect("a shipment").into_inner().shipment;
    assert_eq!(again, Some(found.clone()));
    for (request, code) in [
        (of("", ""), Code::InvalidArgument),
        (of(&found.shipment_id, "o-2"), Code::InvalidArgument),
        (of("none", ""), Code::NotFound),
        (of("", "o-3"), Code::NotFound),
        (of("", &"o".repeat(65)), Code::InvalidArgument),
    ] {
        assert_eq!(shop.client().get_shipment(request.clone()).await.expect_err("none").code(), code, "{request:?}");
    }
}

async fn shipments_are_listed_newest_first_in_pages(database: Database) {
    let shop = five(database).await;
    let list = |request: ListShipmentsRequest| async { shop.client().list_shipments(request).await.map(tonic::Response::into_inner) };
    let all = ListShipmentsRequest::default;
    let first = list(ListShipmentsRequest { page_size: 3, ..all() }).await.expect("a page");
    assert_eq!(orders(&first.shipments), ["o-5", "o-4", "o-2"]);
    let next = ListShipmentsRequest { page_size: 3, page_token: first.next_page_token, ..all() };
    let last = list(next.clone()).await.expect("a page");
    assert_eq!((orders(&last.shipments), last.next_page_token.as_str()), (vec!["o-1"], ""));

    let cancelled = list(ListShipmentsRequest { status: ShipmentStatus::Cancelled.into(), ..all() }).await.expect("a page");
    assert_eq!(orders(&cancelled.shipments), ["o-4"]);
    let one = list(ListShipmentsRequest { order_id: "o-2".into(), ..all() }).await.expect("a page");
    assert_eq!(orders(&one.shipments), ["o-2"]);
    let (from, to) = (shop.shipment("o-2").await.created_at, shop.shipment("o-5").await.created_at);
    let between = list(ListShipmentsRequest { from, to, ..all() }).await.expect("a page");
    assert_eq!(orders(&between.shipments), ["o-4", "o-2"]);

    for bad in [
        ListShipmentsRequest { status: 99, ..all() },
        ListShipmentsRequest { page_size: -1, ..all() },
        ListShipmentsRequest { page_token: "x".into(), ..all() },
        ListShipmentsRequest { order_id: "o-4".into(), ..next },
    ] {
        assert_eq!(list(bad.clone()).await.expect_err("refused").code(), Code::InvalidArgument, "{bad:?}");
    }
}
