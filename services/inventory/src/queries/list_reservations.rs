//! `ListReservations`.

use contracts_inventory::v1::{ListReservationsRequest, ListReservationsResponse};
use service_host::command::{check, store_status};
use service_host::page::Page;
use service_host::{Context, status};
use store::{Params, StoreError, params};
use tonic::Status;

use super::PAGE;
use crate::store::reservations;

/// By order id.
pub(crate) async fn list_reservations(context: &Context, request: &ListReservationsRequest) -> Result<ListReservationsResponse, Status> {
    check(request)?;
    let state = request.state.try_into().map_err(|_| status::invalid_field("state", format!("{} is no state", request.state)))?;
    let state = reservations::column_of(state).unwrap_or_default();
    let page = Page::parse(request.page_size, &request.page_token, &[state, &request.order_id], PAGE.0, PAGE.1)?;
    let mut conditions = vec!["order_id > $1".to_owned()];
    let mut params: Params = params![page.after.clone().unwrap_or_default()];
    for (column, wanted) in [("state", state), ("order_id", &request.order_id)] {
        if !wanted.is_empty() {
            params.extend(params![wanted]);
            conditions.push(format!("{column} = ${}", params.len()));
        }
    }
    let sql = format!(
        "SELECT order_id, state, lines, created_at_us, updated_at_us FROM reservations WHERE {} ORDER BY order_id LIMIT {}",
        conditions.join(" AND "),
        page.limit + 1
    );
    let rows = context.store.rows(&sql, params).await.map_err(|error| store_status(&error))?;
    let shown: Result<Vec<_>, StoreError> = rows.iter().map(reservations::shown).collect();
    let shown = shown.map_err(|error| store_status(&error))?;
    let (reservations, next_page_token) = page.cut(shown, |reservation| reservation.order_id.clone(), |reservation| reservation);
    Ok(ListReservationsResponse { reservations, next_page_token })
}
