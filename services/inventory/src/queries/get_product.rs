//! `GetProduct`.

use contracts_inventory::v1::{GetProductRequest, GetProductResponse};
use service_host::command::{check, store_status};
use service_host::{Context, status};
use tonic::Status;

use crate::store::catalogue;

/// NOT_FOUND where there is none.
pub(crate) async fn get_product(context: &Context, request: &GetProductRequest) -> Result<GetProductResponse, Status> {
    check(request)?;
    let (sql, params) = catalogue::select_some([request.product_id.as_str()].into_iter());
    let rows = context.store.rows(&sql, params).await.map_err(|error| store_status(&error))?;
    let product = catalogue::read(&rows).map_err(|error| store_status(&error))?.pop();
    match product {
        Some(product) => Ok(GetProductResponse { product: Some(product) }),
        None => Err(status::not_found("product", &request.product_id)),
    }
}
