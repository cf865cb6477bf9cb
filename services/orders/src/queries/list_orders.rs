//! Orders by user, status and time, the newest first; without their ledgers.

use contracts_orders::v1::{ListOrdersRequest, ListOrdersResponse};
use service_host::command::{check, store_status};
use service_host::page::Page;
use service_host::{Context, status};
use tonic::Status;

use super::{LARGEST, PAGE, key, read_key};
use crate::store::Kept;
use crate::store::orders::{self, Filter};
use crate::wire;

pub async fn list_orders(context: &Context, request: &ListOrdersRequest) -> Result<ListOrdersResponse, Status> {
    check(request)?;
    let bound = |time: Option<&prost_types::Timestamp>| time.map(wire::micros);
    let (from_us, to_us) = (bound(request.from.as_ref()), bound(request.to.as_ref()));
    let status = match request.status {
        0 => None,
        number => Some(wire::status_of(number).ok_or_else(|| status::invalid_field("status", "is no status of an order"))?),
    };
    let filters = [request.user_id.clone(), request.status.to_string(), format!("{from_us:?}"), format!("{to_us:?}")];
    let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    let page = Page::parse(request.page_size, &request.page_token, &filters, PAGE, LARGEST)?;
    let filter = Filter {
        user_id: Some(request.user_id.clone()).filter(|id| !id.is_empty()),
        status,
        from_us,
        to_us,
        before: page.after.as_deref().and_then(read_key),
    };
    let rows = orders::list(&context.store, filter, page.limit + 1).await.map_err(|error| store_status(&error))?;
    let key = |kept: &Kept| key(kept.created_at_us, &kept.order.placed.order_id);
    let (orders, next_page_token) = page.cut(rows, key, |kept| wire::order(&kept, None));
    Ok(ListOrdersResponse { orders, next_page_token })
}
