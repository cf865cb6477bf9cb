//! Commands as calls: done once per request id, refused with reasons, traceless when refused.

use catalogue::types::v1::Money;
use contracts_inventory::v1::{
    BatchGetProductsRequest, CreateProductRequest, GetProductRequest, ListProductsRequest, ListReservationsRequest, Product,
    ProductCreated, RestockRequest, Sku, StockRestocked, WithdrawRequest,
};
use testkit::Database;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::shop::{Shop, product};

testkit::on_both_databases! {
    a_new_product_is_announced_with_everything_about_it
    the_tours_products_can_be_created
    the_same_product_again_changes_nothing_and_another_under_its_id_is_refused
    a_request_id_is_done_once_and_good_for_one_body_only
    many_calls_with_one_request_id_are_one
    a_bad_request_names_its_fields_and_leaves_nothing
    what_is_not_there_is_not_found
    a_call_carries_its_correlation_id
}

fn restock(product_id: &str, quantity: i64, request_id: &str) -> RestockRequest {
    let request_id = Some(request_id.to_owned()).filter(|id| !id.is_empty());
    RestockRequest { product_id: product_id.to_owned(), quantity, sku_id: String::new(), request_id }
}

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().expect("field violations");
    details.field_violations.into_iter().map(|violation| violation.field).collect()
}

async fn a_new_product_is_announced_with_everything_about_it(database: Database) {
    let shop = Shop::start(database).await;
    let wanted = Product { reserved: 7, withdrawn: true, ..product("apple", 12) };
    let created = shop.create(wanted).await;
    assert_eq!((created.stock, created.reserved, created.low_stock_threshold(), created.withdrawn), (12, 0, 10, false));
    assert!(created.created_at.is_some());
    let announced: ProductCreated = shop.watch.first("apple").await;
    assert_eq!(announced.product, Some(created.clone()));
    assert_eq!(shop.product("apple").await, created);
}

async fn the_tours_products_can_be_created(database: Database) {
    let shop = Shop::start(database).await;
    for (product_id, name, stock, minor_units) in
        [("PROD-001", "iPhone 15", 100, 699_900), ("PROD-002", "MacBook Pro", 50, 1_499_900), ("PROD-003", "AirPods Pro", 200, 199_900)]
    {
        let price = Some(Money { minor_units, currency: "CNY".to_owned() });
        shop.create(Product { product_id: product_id.to_owned(), name: name.to_owned(), price, stock, ..Product::default() }).await;
        let shown = shop.product(product_id).await;
        assert_eq!((shown.name.as_str(), shown.stock, shown.price.unwrap().minor_units), (name, stock, minor_units));
    }
}

async fn the_same_product_again_changes_nothing_and_another_under_its_id_is_refused(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 12).await;
    shop.calls().restock(restock("apple", 5, "")).await.unwrap();
    let logged = shop.process.logged("inventory").await;
    assert_eq!(shop.create(product("apple", 12)).await.stock, 17, "an import that is run again gets what is there");

    let other = Product { name: "a pear".to_owned(), ..product("apple", 12) };
    let refused = shop.calls().create_product(CreateProductRequest { product: Some(other), request_id: None }).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "PRODUCT_ALREADY_EXISTS");
    assert_eq!(shop.process.logged("inventory").await, logged);
}

async fn a_request_id_is_done_once_and_good_for_one_body_only(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 10).await;
    let first = shop.calls().restock(restock("apple", 5, "delivery-1")).await.unwrap().into_inner();
    shop.calls().restock(restock("apple", 1, "")).await.unwrap();
    let again = shop.calls().restock(restock("apple", 5, "delivery-1")).await.unwrap().into_inner();
    assert_eq!((again.product.as_ref().unwrap().stock, &again), (15, &first), "the first answer");
    assert_eq!(shop.pieces("apple").await, (16, 0));

    let other = shop.calls().restock(restock("apple", 6, "delivery-1")).await.unwrap_err();
    assert_eq!(other.code(), Code::AlreadyExists);
    assert_eq!(shop.pieces("apple").await, (16, 0));
}

async fn many_calls_with_one_request_id_are_one(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 0).await;
    let call = || {
        let mut calls = shop.calls();
        async move { calls.restock(restock("apple", 5, "delivery-1")).await.unwrap().into_inner() }
    };
    let answers = futures::future::join_all((0..20).map(|_| call())).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    assert_eq!(shop.pieces("apple").await, (5, 0));
}

async fn a_bad_request_names_its_fields_and_leaves_nothing(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 10).await;
    let logged = shop.process.logged("inventory").await;
    let create = async |product: Option<Product>| {
        let request = CreateProductRequest { product, request_id: Some("import-1".to_owned()) };
        shop.calls().create_product(request).await.unwrap_err()
    };
    let sku = |sku_id: &str, stock| Sku { sku_id: sku_id.to_owned(), stock, ..Sku::default() };
    let money = |minor_units, currency: &str| Some(Money { minor_units, currency: currency.to_owned() });
    let pear = || product("pear", 1);
    let refused = [
        (create(None).await, "product"),
        (create(Some(Product { product_id: "not an id".to_owned(), ..pear() })).await, "product.product_id"),
        (create(Some(Product { name: String::new(), ..pear() })).await, "product.name"),
        (create(Some(Product { name: "x".repeat(201), ..pear() })).await, "product.name"),
        (create(Some(Product { price: None, ..pear() })).await, "product.price"),
        (create(Some(Product { price: money(-1, "EUR"), ..pear() })).await, "product.price.minor_units"),
        (create(Some(Product { price: money(1, "euro"), ..pear() })).await, "product.price.currency"),
        (create(Some(Product { stock: -1, ..pear() })).await, "product.stock"),
        (create(Some(Product { low_stock_threshold: Some(-1), ..pear() })).await, "product.low_stock_threshold"),
        (create(Some(Product { skus: vec![sku("s", 1), sku("s", 2)], stock: 0, ..pear() })).await, "product.skus[1].sku_id"),
        (create(Some(Product { skus: vec![sku("s", 1)], stock: 7, ..pear() })).await, "product.stock"),
        (shop.calls().restock(restock("apple", 0, "")).await.unwrap_err(), "quantity"),
        (shop.calls().restock(restock("apple", -5, "")).await.unwrap_err(), "quantity"),
        (shop.calls().restock(restock("", 5, "")).await.unwrap_err(), "product_id"),
        (shop.calls().restock(restock("apple", 5, "not an id")).await.unwrap_err(), "request_id"),
        (shop.calls().batch_get_products(BatchGetProductsRequest::default()).await.unwrap_err(), "product_ids"),
        (shop.calls().list_products(ListProductsRequest { page_size: -1, ..Default::default() }).await.unwrap_err(), "page_size"),
        (shop.calls().list_reservations(ListReservationsRequest { state: 17, ..Default::default() }).await.unwrap_err(), "state"),
    ];
    for (status, field) in refused {
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec![field.to_owned()]), "{status:?}");
    }
    let huge = "x".repeat(10 << 20);
    let status = create(Some(Product { name: huge, ..pear() })).await;
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["request".to_owned()]), "{status:?}");

    let too_much = shop.calls().restock(restock("apple", 1_000_000_000, "")).await;
    assert!(too_much.is_ok(), "the most that may come at once");
    assert_eq!(shop.process.logged("inventory").await, logged + 2, "only what was taken is in the log");
    let gone = shop.calls().get_product(GetProductRequest { product_id: "pear".to_owned() }).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
    // A refused request has not used up its id.
    let request = CreateProductRequest { product: Some(pear()), request_id: Some("import-1".to_owned()) };
    assert!(shop.calls().create_product(request).await.is_ok());
}

async fn what_is_not_there_is_not_found(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 10).await;
    let logged = shop.process.logged("inventory").await;
    let ghost = || "ghost".to_owned();
    let refused = [
        shop.calls().get_product(GetProductRequest { product_id: ghost() }).await.map(|_| ()).unwrap_err(),
        shop.calls().restock(restock("ghost", 5, "")).await.map(|_| ()).unwrap_err(),
        shop.calls().withdraw(WithdrawRequest { product_id: ghost(), ..Default::default() }).await.map(|_| ()).unwrap_err(),
    ];
    for status in refused {
        assert_eq!(status.code(), Code::NotFound, "{status:?}");
        assert_eq!(status.get_details_error_info().unwrap().reason, "PRODUCT_NOT_FOUND");
    }
    let sku = RestockRequest { sku_id: "green".to_owned(), ..restock("apple", 5, "") };
    assert_eq!(shop.calls().restock(sku).await.unwrap_err().get_details_error_info().unwrap().reason, "SKU_NOT_FOUND");
    assert_eq!(shop.process.logged("inventory").await, logged);

    let wanted = BatchGetProductsRequest { product_ids: vec![ghost(), "apple".to_owned(), "apple".to_owned()] };
    let found = shop.calls().batch_get_products(wanted).await.unwrap().into_inner().products;
    assert_eq!(found.iter().map(|product| product.product_id.as_str()).collect::<Vec<_>>(), ["apple"]);
}

async fn a_call_carries_its_correlation_id(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 10).await;
    let mut request = Request::new(restock("apple", 5, ""));
    request.metadata_mut().insert("x-correlation-id", "conversation-7".parse().unwrap());
    shop.calls().restock(request).await.unwrap();
    let _: StockRestocked = shop.watch.first("apple").await;
    let messages = shop.watch.messages();
    let restocked = messages.iter().find(|seen| seen.type_ == "inventory.restocked").unwrap();
    assert_eq!((restocked.correlation_id.as_str(), restocked.causation_id.as_str()), ("conversation-7", ""));

    shop.calls().restock(restock("apple", 5, "delivery-1")).await.unwrap();
    let _: StockRestocked = shop.watch.nth("apple", 2).await;
    let messages = shop.watch.messages();
    assert_eq!(messages.iter().rfind(|seen| seen.type_ == "inventory.restocked").unwrap().correlation_id, "delivery-1");
}
