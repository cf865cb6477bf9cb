//! Lists in pages.

use contracts_inventory::v1::{ListProductsRequest, ListReservationsRequest, Product, ReservationState, StockReleased, StockReserved};
use testkit::Database;
use tonic::Code;

use crate::shop::{Shop, product, release, reserve};

testkit::on_both_databases! {
    products_come_in_pages_by_id
    products_are_filtered_by_department_and_group
    reservations_are_listed_by_state_and_order
}

fn page(page_size: i32, page_token: &str) -> ListProductsRequest {
    ListProductsRequest { page_size, page_token: page_token.to_owned(), ..ListProductsRequest::default() }
}

async fn products_come_in_pages_by_id(database: Database) {
    let shop = Shop::start(database).await;
    for number in [3, 1, 5, 2, 4] {
        shop.stock(&format!("p-{number}"), number).await;
    }
    let (mut seen, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let answer = shop.calls().list_products(page(2, &token)).await.unwrap().into_inner();
        seen.extend(answer.products.iter().map(|product| (product.product_id.clone(), product.stock)));
        pages += 1;
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(seen, [1, 2, 3, 4, 5].map(|number| (format!("p-{number}"), number)));
    let all = shop.calls().list_products(page(0, "")).await.unwrap().into_inner();
    assert_eq!((all.products.len(), all.next_page_token.as_str()), (5, ""));

    let token = shop.calls().list_products(page(2, "")).await.unwrap().into_inner().next_page_token;
    let other = ListProductsRequest { department: "food".to_owned(), ..page(2, &token) };
    assert_eq!(shop.calls().list_products(other).await.unwrap_err().code(), Code::InvalidArgument, "a token is good for its list alone");
    assert_eq!(shop.calls().list_products(page(2, "made-up")).await.unwrap_err().code(), Code::InvalidArgument);
}

async fn products_are_filtered_by_department_and_group(database: Database) {
    let shop = Shop::start(database).await;
    for (product_id, department, group) in [("apple", "food", "fruit"), ("soap", "household", "care"), ("ham", "food", "meat")] {
        shop.create(Product { department: department.to_owned(), group: group.to_owned(), ..product(product_id, 1) }).await;
    }
    let list = async |department: &str, group: &str| {
        let request = ListProductsRequest { department: department.to_owned(), group: group.to_owned(), ..page(0, "") };
        let products = shop.calls().list_products(request).await.unwrap().into_inner().products;
        products.into_iter().map(|product| product.product_id).collect::<Vec<_>>()
    };
    assert_eq!(list("food", "").await, ["apple", "ham"]);
    assert_eq!(list("food", "meat").await, ["ham"]);
    assert_eq!(list("", "care").await, ["soap"]);
    assert_eq!(list("household", "fruit").await, [] as [&str; 0]);
}

async fn reservations_are_listed_by_state_and_order(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 100).await;
    for number in 1..=3 {
        shop.send(reserve(&format!("order-{number}"), &[("apple", number)])).await;
    }
    shop.send(release("order-2")).await;
    let _: StockReserved = shop.watch.first("order-1").await;
    let _: StockReleased = shop.watch.first("order-2").await;
    let _: StockReserved = shop.watch.first("order-3").await;
    let list = async |request: ListReservationsRequest| {
        let answer = shop.calls().list_reservations(request).await.unwrap().into_inner();
        (answer.reservations.into_iter().map(|held| held.order_id).collect::<Vec<_>>(), answer.next_page_token)
    };
    let open = ListReservationsRequest { state: ReservationState::Open.into(), page_size: 1, ..Default::default() };
    let (first, token) = list(open.clone()).await;
    let (second, end) = list(ListReservationsRequest { page_token: token, ..open }).await;
    assert_eq!((first, second, end.as_str()), (vec!["order-1".to_owned()], vec!["order-3".to_owned()], ""));
    let one = ListReservationsRequest { order_id: "order-2".to_owned(), ..Default::default() };
    assert_eq!(list(one).await.0, ["order-2"]);
}
