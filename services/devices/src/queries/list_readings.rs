//! `ListReadings`.

use contracts_devices::v1::{ListReadingsRequest, ListReadingsResponse};
use service_host::command::{check, store_status};
use service_host::page::Page;
use service_host::{Context, status};
use tonic::Status;

use crate::store::before;

/// Latest first, in pages.
pub(crate) async fn list_readings(context: &Context, request: &ListReadingsRequest) -> Result<ListReadingsResponse, Status> {
    check(request)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.device_id], 50, 1_000)?;
    let number = page.after.as_deref().map_or(Ok(i64::MAX), str::parse);
    let number = number.map_err(|_| status::invalid_field("page_token", "is not a token of this service"))?;
    let found = before(&context.store, &request.device_id, number, page.limit + 1).await.map_err(|error| store_status(&error))?;
    let (readings, next_page_token) = page.cut(found, |reading| reading.number.to_string(), |reading| reading);
    Ok(ListReadingsResponse { readings, next_page_token })
}
