//! Lists of orders and sagas.

use contracts_orders::v1::*;
use orders::order_saga::plan::{CHARGE, RESERVE};
use testkit::Database;

use crate::participants::Do;
use crate::shop::{Shop, refusal, request};

testkit::on_both_databases! {
    orders_are_listed_by_user_status_and_time_the_newest_first
    sagas_are_listed_by_state
}

async fn list(shop: &Shop, request: ListOrdersRequest) -> Vec<String> {
    let (mut ids, mut request) = (Vec::new(), ListOrdersRequest { page_size: 2, ..request });
    loop {
        let page = shop.client().list_orders(request.clone()).await.unwrap().into_inner();
        assert!(page.orders.len() <= 2);
        ids.extend(page.orders.into_iter().map(|order| order.order_id));
        if page.next_page_token.is_empty() {
            return ids;
        }
        request.page_token = page.next_page_token;
    }
}

async fn orders_are_listed_by_user_status_and_time_the_newest_first(database: Database) {
    let shop = Shop::on(database).await;
    shop.script.on_do("o-2", RESERVE, Do::Refuse("insufficient_stock"));
    shop.script.on_do("o-4", RESERVE, Do::Refuse("insufficient_stock"));
    let mut times = Vec::new();
    for (id, user) in [("o-1", "ann"), ("o-2", "bob"), ("o-3", "ann"), ("o-4", "ann"), ("o-5", "bob")] {
        let order = shop.try_place(PlaceOrderRequest { user_id: user.into(), ..request(id) }).await.unwrap();
        times.push(order.created_at);
        let end = if matches!(id, "o-2" | "o-4") { OrderStatus::Cancelled } else { OrderStatus::Confirmed };
        shop.until(id, end).await;
    }
    let all = ListOrdersRequest::default;
    assert_eq!(list(&shop, all()).await, ["o-5", "o-4", "o-3", "o-2", "o-1"]);
    assert_eq!(list(&shop, ListOrdersRequest { user_id: "ann".into(), ..all() }).await, ["o-4", "o-3", "o-1"]);
    let cancelled = OrderStatus::Cancelled.into();
    assert_eq!(list(&shop, ListOrdersRequest { status: cancelled, ..all() }).await, ["o-4", "o-2"]);
    assert_eq!(list(&shop, ListOrdersRequest { user_id: "ann".into(), status: cancelled, ..all() }).await, ["o-4"]);
    let (from, to) = (times[1], times[3]);
    assert_eq!(list(&shop, ListOrdersRequest { from, ..all() }).await, ["o-5", "o-4", "o-3", "o-2"], "from it on");
    assert_eq!(list(&shop, ListOrdersRequest { to, ..all() }).await, ["o-3", "o-2", "o-1"], "before it");
    assert_eq!(list(&shop, ListOrdersRequest { from, to, ..all() }).await, ["o-3", "o-2"]);

    let token = shop.client().list_orders(ListOrdersRequest { page_size: 1, ..all() }).await.unwrap().into_inner().next_page_token;
    let other = ListOrdersRequest { user_id: "ann".into(), page_token: token, ..all() };
    for (request, field) in [
        (other, "page_token"),
        (ListOrdersRequest { page_size: -1, ..all() }, "page_size"),
        (ListOrdersRequest { page_token: "nonsense".into(), ..all() }, "page_token"),
        (ListOrdersRequest { status: 99, ..all() }, "status"),
        (ListOrdersRequest { user_id: "no id!".into(), ..all() }, "user_id"),
    ] {
        assert_eq!(refusal(&shop.client().list_orders(request).await.unwrap_err()).2, [field]);
    }
}

async fn sagas_are_listed_by_state(database: Database) {
    let shop = Shop::on(database).await;
    shop.script.on_do("o-2", RESERVE, Do::Refuse("insufficient_stock"));
    shop.script.on_do("o-3", CHARGE, Do::Late);
    for (id, end) in [("o-1", OrderStatus::Confirmed), ("o-2", OrderStatus::Cancelled), ("o-3", OrderStatus::Reserved)] {
        shop.place(id).await;
        shop.until(id, end).await;
    }
    let list = async |state: SagaState| {
        let (mut ids, mut token) = (Vec::new(), String::new());
        loop {
            let request = ListSagasRequest { state: state.into(), page_size: 1, page_token: token };
            let page = shop.client().list_sagas(request).await.unwrap().into_inner();
            ids.extend(page.sagas.into_iter().map(|saga| saga.order_id));
            token = page.next_page_token;
            if token.is_empty() {
                return ids;
            }
        }
    };
    assert_eq!(list(SagaState::Unspecified).await, ["o-3", "o-2", "o-1"], "the one that moved last first");
    assert_eq!(list(SagaState::Running).await, ["o-3"]);
    assert_eq!(list(SagaState::Compensated).await, ["o-2"]);
    assert_eq!(list(SagaState::CompensationFailed).await, Vec::<String>::new());
}
