//! Goods that come back.

use catalogue::system::v1::SystemError;
use contracts_inventory::v1::ReturnStock;
use contracts_orders::v1::*;
use contracts_payments::v1::RefundPayment;
use tonic::Code;

use crate::shop::{Shop, refusal};

#[tokio::test]
async fn a_part_may_come_back_and_later_the_rest() {
    let shop = Shop::open().await;
    let (events, commands) = (shop.process.watch("events.>").await, shop.process.watch("commands.>").await);
    let placed = shop.delivered("o-1").await;
    let first = shop.give_back("o-1", &[("PROD-001", 1)], "scratched").await.unwrap();
    let order = first.order.unwrap();
    assert_eq!((order.status(), order.refunded.unwrap().minor_units, order.returned.len()), (OrderStatus::Delivered, 699_900, 1));

    let returned: OrderReturned = events.first("o-1").await;
    assert_eq!(
        (&returned.return_id, returned.refund.unwrap().minor_units, returned.reason.as_str()),
        (&first.return_id, 699_900, "scratched")
    );
    assert!(returned.customer.is_some());
    let refund: RefundPayment = commands.first("o-1").await;
    assert_eq!((&refund.refund_id, refund.amount.unwrap().minor_units), (&first.return_id, 699_900));
    let stock: ReturnStock = commands.first("o-1").await;
    assert_eq!((&stock.return_id, stock.lines[0].quantity), (&first.return_id, 1));

    let order = shop.give_back("o-1", &[("PROD-001", 1), ("PROD-003", 1)], "").await.unwrap().order.unwrap();
    assert_eq!((order.status(), order.refunded), (OrderStatus::Returned, placed.total));
    events.nth::<OrderReturned>("o-1", 2).await;
    let seen: Vec<_> = events.messages().into_iter().filter(|it| it.key == "o-1").collect();
    assert!(seen.iter().all(|it| it.correlation_id == placed.correlation_id));
    // The refunds of returns are none of the saga's.
    events.nth::<contracts_payments::v1::PaymentRefunded>("o-1", 2).await;
    shop.confirmed("o-2").await;
    assert_eq!(shop.order("o-1").await.saga.unwrap().state(), SagaState::Completed);
    shop.assert_row_is_the_sum_of_events("o-1").await;
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn never_more_comes_back_than_was_bought_and_is_not_back_yet() {
    let shop = Shop::open().await;
    shop.delivered("o-1").await;
    let before = shop.process.logged("orders").await;
    for lines in [vec![("PROD-001", 3)], vec![("PROD-001", 2), ("PROD-001", 1)], vec![("shirt", 1)]] {
        let (code, reason, _) = refusal(&shop.give_back("o-1", &lines, "").await.unwrap_err());
        assert_eq!((code, reason.as_str()), (Code::FailedPrecondition, "RETURNS_TOO_MUCH"), "{lines:?}");
    }
    for (lines, field) in [(vec![], "lines"), (vec![("PROD-001", 0)], "lines[0].quantity")] {
        assert_eq!(refusal(&shop.give_back("o-1", &lines, "").await.unwrap_err()).2, [field]);
    }
    assert_eq!(shop.process.logged("orders").await, before);
    shop.give_back("o-1", &[("PROD-001", 2)], "").await.unwrap();
    assert_eq!(refusal(&shop.give_back("o-1", &[("PROD-001", 1)], "").await.unwrap_err()).1, "RETURNS_TOO_MUCH");
}

#[tokio::test]
async fn a_return_whose_money_does_not_go_back_is_raised() {
    let shop = Shop::open().await;
    let errors = shop.process.watch("events.system.>").await;
    shop.script.keep_the_money("o-1");
    let placed = shop.delivered("o-1").await;
    let returned = shop.give_back("o-1", &[("PROD-001", 2), ("PROD-003", 1)], "").await.unwrap();
    let raised: SystemError = errors.first("orders-saga").await;
    assert_eq!((raised.code.as_str(), raised.event_key.as_str(), raised.error.as_str()), ("refund_failed", "o-1", "4 attempts"));
    assert!(raised.message.contains(&returned.return_id), "{}", raised.message);
    assert_eq!(errors.messages()[0].correlation_id, placed.correlation_id);
    let order = shop.order("o-1").await;
    assert_eq!((order.status(), order.saga.unwrap().state()), (OrderStatus::Returned, SagaState::Completed));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn nothing_comes_back_before_it_is_delivered() {
    let shop = Shop::open().await;
    shop.confirmed("o-1").await;
    let status = shop.give_back("o-1", &[("PROD-001", 1)], "").await.unwrap_err();
    assert_eq!(refusal(&status).1, "FORBIDDEN_TRANSITION");
    assert!(status.message().contains("CONFIRMED") && status.message().contains("RETURNED"), "{status}");
}

#[tokio::test]
async fn a_return_that_is_asked_for_twice_happens_once() {
    let shop = Shop::open().await;
    shop.delivered("o-1").await;
    let request = ReturnOrderRequest {
        order_id: "o-1".into(),
        lines: vec![catalogue::types::v1::Line { product_id: "PROD-001".into(), quantity: 1, ..Default::default() }],
        request_id: Some("back-1".into()),
        ..Default::default()
    };
    let first = shop.client().return_order(request.clone()).await.unwrap().into_inner();
    let again = shop.client().return_order(request).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(shop.order("o-1").await.refunded.unwrap().minor_units, 699_900);
}
