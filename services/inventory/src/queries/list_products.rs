//! `ListProducts`.

use contracts_inventory::v1::{ListProductsRequest, ListProductsResponse};
use service_host::Context;
use service_host::command::{check, store_status};
use service_host::page::Page;
use store::{Params, params};
use tonic::Status;

use super::PAGE;
use crate::store::catalogue;

/// By product id.
pub(crate) async fn list_products(context: &Context, request: &ListProductsRequest) -> Result<ListProductsResponse, Status> {
    check(request)?;
    let filters = [request.department.as_str(), request.group.as_str()];
    let page = Page::parse(request.page_size, &request.page_token, &filters, PAGE.0, PAGE.1)?;
    let mut conditions = vec!["p.product_id > $1".to_owned()];
    let mut params: Params = params![page.after.clone().unwrap_or_default()];
    for (column, wanted) in [("p.department", &request.department), ("p.group_name", &request.group)] {
        if !wanted.is_empty() {
            params.extend(params![wanted]);
            conditions.push(format!("{column} = ${}", params.len()));
        }
    }
    let filter = format!("WHERE {} ORDER BY p.product_id LIMIT {}", conditions.join(" AND "), page.limit + 1);
    let rows = context.store.rows(&catalogue::select(&filter), params).await.map_err(|error| store_status(&error))?;
    let products = catalogue::read(&rows).map_err(|error| store_status(&error))?;
    let (products, next_page_token) = page.cut(products, |product| product.product_id.clone(), |product| product);
    Ok(ListProductsResponse { products, next_page_token })
}
