//! The check sees what it is there for.

use contracts::orders::v1::OrderStatus;
use contracts::payments::v1::RefundPaymentRequest;
use testkit::{SOON, eventually};

use crate::shop::{Shop, order};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returns_restocks_and_late_cancellations_agree() {
    use contracts::inventory::v1::RestockRequest;
    use contracts::orders::v1::{CancelOrderRequest, ReturnOrderRequest};
    use contracts::shipping::v1::{ConfirmDeliveryRequest, DispatchShipmentRequest};
    use contracts::types::v1::Line;

    let shop = Shop::open().await;
    shop.product("apple", "Apple", 10, 100).await;
    for id in ["o-kept", "o-cancelled", "o-returned"] {
        shop.ends_as(order(id, &[("apple", 2)], "tok_ok"), OrderStatus::Confirmed, "").await;
    }
    let restock = RestockRequest { product_id: "apple".to_owned(), quantity: 5, ..RestockRequest::default() };
    shop.clients.inventory.clone().restock(restock).await.expect("more apples");
    let cancel = CancelOrderRequest { order_id: "o-cancelled".to_owned(), ..CancelOrderRequest::default() };
    shop.clients.orders.clone().cancel_order(cancel).await.expect("a late cancellation");
    let dispatch = DispatchShipmentRequest { order_id: "o-returned".to_owned(), ..DispatchShipmentRequest::default() };
    shop.clients.shipping.clone().dispatch_shipment(dispatch).await.expect("on its way");
    let deliver = ConfirmDeliveryRequest { order_id: "o-returned".to_owned(), ..ConfirmDeliveryRequest::default() };
    shop.clients.shipping.clone().confirm_delivery(deliver).await.expect("delivered");
    stands(&shop, "o-returned", OrderStatus::Delivered).await;
    let lines = vec![Line { product_id: "apple".to_owned(), quantity: 1, ..Line::default() }];
    let some = ReturnOrderRequest { order_id: "o-returned".to_owned(), lines, ..ReturnOrderRequest::default() };
    shop.clients.orders.clone().return_order(some).await.expect("a return");
    stands(&shop, "o-cancelled", OrderStatus::Cancelled).await;

    let said = shop.agrees().await;
    assert!(said.contains("everything agrees: 3 orders, 1 product"), "{said}");
    assert_eq!(shop.look("apple").await.stock, 10 - 2 - 2 + 1 + 5);
}

async fn stands(shop: &Shop, order: &str, status: OrderStatus) {
    eventually(SOON, || async { (shop.order(order).await.status() == status).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_given_away_is_a_difference_and_is_said() {
    let shop = Shop::open().await;
    shop.product("apple", "Apple", 10, 100).await;
    shop.ends_as(order("o-1", &[("apple", 2)], "tok_ok"), OrderStatus::Confirmed, "").await;
    shop.agrees().await;
    let refund = RefundPaymentRequest { order_id: "o-1".to_owned(), reason: "a gift".to_owned(), ..RefundPaymentRequest::default() };
    shop.clients.payments.clone().refund_payment(refund).await.expect("a refund");
    let check = eventually(SOON, || async {
        let check = shop.system.run(["check", "--settle", "1s"]).await;
        (check.code == Some(1)).then_some(check.stdout)
    })
    .await;
    assert!(check.contains("order o-1: 200 CNY owed, 0 kept"), "{check}");
}
