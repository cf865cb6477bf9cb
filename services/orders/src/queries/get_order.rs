//! One order with the ledger of its saga.

use contracts_orders::v1::{GetOrderRequest, GetOrderResponse};
use service_host::command::{check, store_status};
use service_host::{Context, status};
use tonic::Status;

use crate::store::orders;
use crate::wire;

pub async fn get_order(context: &Context, request: &GetOrderRequest) -> Result<GetOrderResponse, Status> {
    check(request)?;
    let found = orders::find(&context.store, &request.order_id).await.map_err(|error| store_status(&error))?;
    let (kept, saga) = found.ok_or_else(|| status::not_found("order", &request.order_id))?;
    Ok(GetOrderResponse { order: Some(wire::order(&kept, Some(&saga.ledger))) })
}
