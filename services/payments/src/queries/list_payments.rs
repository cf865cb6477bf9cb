//! `ListPayments`: newest first, by order, status and time.

use contracts_payments::v1::{ListPaymentsRequest, ListPaymentsResponse};
use service_host::page::Page;
use service_host::{Context, command, status};
use store::{Params, StoreError, Value, params};
use tonic::Status;

use crate::store::{self as rows, COLUMNS, Record, Source};
use crate::wire;

const PAGE: usize = 50;
const MOST: usize = 1_000;

/// A page.
pub async fn list_payments(context: &Context, request: ListPaymentsRequest) -> Result<ListPaymentsResponse, Status> {
    command::check(&request)?;
    let status = wire::status_asked(request.status)?;
    let (from, to) = (time(request.from.as_ref()), time(request.to.as_ref()));
    let texts =
        [request.order_id.clone(), request.status.to_string(), from.unwrap_or(i64::MIN).to_string(), to.unwrap_or(i64::MAX).to_string()];
    let page = Page::parse(request.page_size, &request.page_token, &texts.each_ref().map(String::as_str), PAGE, MOST)?;

    let (mut conditions, mut params): (Vec<String>, Params) = (vec!["1 = 1".to_owned()], params![]);
    let mut also = |condition: &str, value: Value| {
        params.push(value);
        conditions.push(condition.replace('?', &format!("${}", params.len())));
    };
    if !request.order_id.is_empty() {
        also("order_id = ?", request.order_id.into());
    }
    if let Some(status) = status {
        also("status = ?", status.as_str().into());
    }
    if let Some(from) = from {
        also("created_at_us >= ?", from.into());
    }
    if let Some(to) = to {
        also("created_at_us < ?", to.into());
    }
    if let Some(after) = &page.after {
        let foreign = || status::invalid_field("page_token", "is not a token of this service");
        let (time, order_id) = after.split_once('/').ok_or_else(foreign)?;
        let time: i64 = time.parse().map_err(|_| foreign())?;
        params.extend(params![time, order_id]);
        conditions.push(format!("(created_at_us, order_id) < (${}, ${})", params.len() - 1, params.len()));
    }
    params.push((page.limit as u64 + 1).into());
    let sql = format!(
        "SELECT {COLUMNS} FROM payments WHERE {} ORDER BY created_at_us DESC, order_id DESC LIMIT ${}",
        conditions.join(" AND "),
        params.len()
    );
    let failed = |error: StoreError| command::store_status(&error);
    let rows = context.store.rows(&sql, params).await.map_err(failed)?;
    let records = rows.iter().map(Record::read).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let orders: Vec<String> = records.iter().map(|record| record.payment.order_id.clone()).collect();
    let refunds = rows::refunds_of(Source::Store(&context.store), &orders).await.map_err(failed)?;
    let key = |record: &Record| format!("{}/{}", record.created_at_us, record.payment.order_id);
    let refunds = |record: &Record| refunds.get(&record.payment.order_id).map(Vec::as_slice).unwrap_or_default();
    let (payments, next_page_token) = page.cut(records, key, |record| wire::payment(&record, refunds(&record)));
    Ok(ListPaymentsResponse { payments, next_page_token })
}

/// Microseconds since 1970 UTC.
fn time(timestamp: Option<&prost_types::Timestamp>) -> Option<i64> {
    timestamp.map(|it| it.seconds.saturating_mul(1_000_000).saturating_add(i64::from(it.nanos) / 1_000))
}
