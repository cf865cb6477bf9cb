//! `DispatchShipment` and `ConfirmDelivery`: a shipment on its way to the customer.

use contracts_shipping::v1::{
    ConfirmDeliveryRequest, ConfirmDeliveryResponse, DispatchShipmentRequest, DispatchShipmentResponse, Shipment as Shown,
};
use messaging::Cause;
use service_host::{Context, Refusal, command};
use store::Work;
use tonic::{Request, Response, Status};

use super::carry_out::{self, carry_out};
use crate::domain::{self, Decision, Rejection, Shipment, Status as Stands};
use crate::store::{self as rows, By};
use crate::wire;

/// The carrier has it.
pub async fn dispatch_shipment(
    context: &Context,
    request: Request<DispatchShipmentRequest>,
) -> Result<Response<DispatchShipmentResponse>, Status> {
    command::check(request.get_ref())?;
    let by = wire::by(&request.get_ref().shipment_id, &request.get_ref().order_id)?;
    let method = "shipping.DispatchShipment";
    command::run(context, method, request, DispatchShipmentRequest::request_id, move |request, cause, work| {
        let by = by.clone();
        Box::pin(async move {
            let shipment = moved(&by, cause, work, |shipment| domain::dispatch(shipment, &request.tracking_number)).await?;
            Ok(DispatchShipmentResponse { shipment: Some(shipment) })
        })
    })
    .await
}

/// The customer has it.
pub async fn confirm_delivery(
    context: &Context,
    request: Request<ConfirmDeliveryRequest>,
) -> Result<Response<ConfirmDeliveryResponse>, Status> {
    command::check(request.get_ref())?;
    let by = wire::by(&request.get_ref().shipment_id, &request.get_ref().order_id)?;
    let method = "shipping.ConfirmDelivery";
    command::run(context, method, request, ConfirmDeliveryRequest::request_id, move |_, cause, work| {
        let by = by.clone();
        Box::pin(async move {
            let shipment = moved(&by, cause, work, domain::deliver).await?;
            Ok(ConfirmDeliveryResponse { shipment: Some(shipment) })
        })
    })
    .await
}

async fn moved(
    by: &By,
    cause: Cause,
    work: &mut Work,
    decide: impl FnOnce(&Shipment) -> Result<Decision, Rejection>,
) -> Result<Shown, Refusal> {
    let before = rows::lock(work, by).await?.filter(|record| is_public(&record.shipment)).ok_or_else(|| wire::not_found(by))?;
    let order_id = before.shipment.order_id.clone();
    let decision = decide(&before.shipment).map_err(|rejection| wire::refused(&rejection))?;
    carry_out(work, &order_id, Some(before), decision, &carry_out::Context { cause, customer: None }).await?;
    let after = rows::lock(work, by).await?.ok_or_else(|| wire::not_found(by))?;
    Ok(wire::shipment(&after))
}

/// As [`rows::PUBLIC`] says it.
fn is_public(shipment: &Shipment) -> bool {
    !shipment.shipment_id.is_empty() && shipment.status != Stands::Requested
}
