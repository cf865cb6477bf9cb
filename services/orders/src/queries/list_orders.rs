//! Orders by user, status and time, the newest first; without their ledgers.

use contracts::orders::v1::{ListOrdersRequest, ListOrdersResponse, Order};
use prost::Message as _;
use service_host::command::{check, store_status};
use service_host::page::Page;
use service_host::{Context, status};
use tonic::Status;

use super::{LARGEST, PAGE, key, read_key};
use crate::store::Kept;
use crate::store::orders::{self, Filter};
use crate::wire;

/// Bytes of one answer: clients take 4 MiB, and orders may be long. A page that is full before its size is reached is a short one.
const BYTES: usize = 2 << 20;

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
    let more = rows.len() > page.limit;
    let (mut orders, mut bytes): (Vec<Order>, usize) = (Vec::new(), 0);
    for kept in rows.iter().take(page.limit) {
        let order = wire::order(kept, None);
        bytes += order.encoded_len();
        if bytes > BYTES && !orders.is_empty() {
            break;
        }
        orders.push(order);
    }
    let cut = more || orders.len() < rows.len();
    let last = orders.len().checked_sub(1).filter(|_| cut).map(|at| page.next(&key(&rows[at])));
    Ok(ListOrdersResponse { orders, next_page_token: last.unwrap_or_default() })
}
