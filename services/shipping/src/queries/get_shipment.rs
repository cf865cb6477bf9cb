//! `GetShipment`: one shipment, by its own id or its order's.

use contracts_shipping::v1::{GetShipmentRequest, GetShipmentResponse};
use service_host::{Context, command};
use store::params;
use tonic::Status;

use crate::store::{COLUMNS, PUBLIC, Record};
use crate::wire;

/// NOT_FOUND where there is none.
pub async fn get_shipment(context: &Context, request: GetShipmentRequest) -> Result<GetShipmentResponse, Status> {
    command::check(&request)?;
    let by = wire::by(&request.shipment_id, &request.order_id)?;
    let failed = |error| command::store_status(&error);
    let (column, id) = by.column();
    let sql = format!("SELECT {COLUMNS} FROM shipments WHERE {column} = $1 AND {PUBLIC}");
    let row = context.store.row(&sql, params![id]).await.map_err(failed)?.ok_or_else(|| wire::not_found(&by))?;
    let record = Record::read(&row).map_err(failed)?;
    Ok(GetShipmentResponse { shipment: Some(wire::shipment(&record)) })
}
