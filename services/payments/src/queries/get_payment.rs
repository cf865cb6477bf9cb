//! `GetPayment`: one payment, by its own id or its order's.

use contracts_payments::v1::{GetPaymentRequest, GetPaymentResponse};
use service_host::{Context, command};
use store::params;
use tonic::Status;

use crate::store::{self as rows, COLUMNS, Record, Source};
use crate::wire;

/// NOT_FOUND where there is none.
pub async fn get_payment(context: &Context, request: GetPaymentRequest) -> Result<GetPaymentResponse, Status> {
    command::check(&request)?;
    let by = wire::by(&request.payment_id, &request.order_id)?;
    let failed = |error| command::store_status(&error);
    let (column, id) = by.column();
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE {column} = $1");
    let row = context.store.row(&sql, params![id]).await.map_err(failed)?.ok_or_else(|| wire::not_found(&by))?;
    let record = Record::read(&row).map_err(failed)?;
    let order_id = &record.payment.order_id;
    let mut refunds = rows::refunds_of(Source::Store(&context.store), std::slice::from_ref(order_id)).await.map_err(failed)?;
    let refunds = refunds.remove(order_id).unwrap_or_default();
    Ok(GetPaymentResponse { payment: Some(wire::payment(&record, &refunds)) })
}
