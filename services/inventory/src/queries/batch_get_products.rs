//! `BatchGetProducts`.

use std::collections::BTreeSet;

use contracts_inventory::v1::{BatchGetProductsRequest, BatchGetProductsResponse};
use service_host::Context;
use service_host::command::{check, store_status};
use tonic::Status;

use crate::store::catalogue;

/// By product id, each once; unknown ids are left out.
pub(crate) async fn batch_get_products(context: &Context, request: &BatchGetProductsRequest) -> Result<BatchGetProductsResponse, Status> {
    check(request)?;
    let ids: BTreeSet<&str> = request.product_ids.iter().map(String::as_str).collect();
    let (sql, params) = catalogue::select_some(ids.into_iter());
    let rows = context.store.rows(&sql, params).await.map_err(|error| store_status(&error))?;
    Ok(BatchGetProductsResponse { products: catalogue::read(&rows).map_err(|error| store_status(&error))? })
}
