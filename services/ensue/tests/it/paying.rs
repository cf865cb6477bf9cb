//! Money where the answer got lost: charged once, by the provider's own ledger.

use contracts::orders::v1::OrderStatus;
use testkit::{SOON, eventually};

use crate::shop::{Shop, order, setup};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_providers_yes_and_our_commit() {
    // The provider has charged, and its answer is a minute under way.
    let slow = setup().set("payments.simulator.answer_ms", 60_000).set("payments.timeout_ms", 60_000);
    let mut shop = Shop::with(slow.set("saga.step_timeout_ms", 100_000)).await;
    shop.product("apple", "Apple", 10, 100).await;
    shop.place(order("o-1", &[("apple", 2)], "tok_ok")).await;
    let before = eventually(SOON, || async { Some(shop.charges().await).filter(|charges| !charges.is_empty()) }).await;
    shop.system.kill().await;
    shop.system.start().await;
    // Asked first what happened: the answer is there at once, and nothing is charged again.
    let order = shop.ended("o-1").await;
    assert_eq!(order.status(), OrderStatus::Confirmed, "{order:?}");
    assert_eq!(shop.charges().await, before);
    assert_eq!(before.len(), 1);
    shop.agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_out_whose_charge_went_through() {
    let shop = Shop::open().await;
    shop.product("apple", "Apple", 10, 100).await;
    shop.ends_as(order("o-1", &[("apple", 2)], "tok_timeout_charged"), OrderStatus::Confirmed, "").await;
    let charges = shop.charges().await;
    assert_eq!(charges.len(), 1, "{charges:?}");
    assert_eq!(charges[0].amount.as_ref().map(|amount| amount.minor_units), Some(200));
    shop.agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_stays_silent_costs_the_customer_nothing() {
    let shop = Shop::with(setup().set("retry.backoff_ms", "20,40,80")).await;
    shop.product("apple", "Apple", 10, 100).await;
    shop.ends_as(order("o-1", &[("apple", 2)], "tok_timeout"), OrderStatus::Cancelled, "payment_timeout").await;
    assert!(shop.charges().await.is_empty());
    shop.told("o-1", "order_cancelled").await;
    assert_eq!(shop.look("apple").await.reserved, 0);
}
