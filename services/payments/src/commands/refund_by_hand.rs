//! `RefundPayment`: an operator gives money back, all or some of what is left.

use std::sync::Arc;

use contracts_payments::v1::{RefundPaymentRequest, RefundPaymentResponse};
use messaging::{Cause, root_id};
use service_host::{Context, Refusal, command};
use store::Work;
use tonic::{Request, Response, Status};

use super::carry_out::{self, carry_out};
use crate::domain;
use crate::store::{self as rows, By, Source};
use crate::wire;

/// Answers with the payment and the refund that is on its way; the provider's word comes as an event.
pub async fn refund_by_hand(context: &Context, request: Request<RefundPaymentRequest>) -> Result<Response<RefundPaymentResponse>, Status> {
    command::check(request.get_ref())?;
    let by = wire::by(&request.get_ref().payment_id, &request.get_ref().order_id)?;
    command::run(
        context,
        "payments.RefundPayment",
        request,
        |request| request.request_id(),
        move |request, cause, work| Box::pin(refund(by.clone(), request, cause, work)),
    )
    .await
}

async fn refund(by: By, request: Arc<RefundPaymentRequest>, cause: Cause, work: &mut Work) -> Result<RefundPaymentResponse, Refusal> {
    let before = rows::lock(work, &by).await?.ok_or_else(|| wire::not_found(&by))?;
    let refund_id = root_id();
    let amount = request.amount.clone().map(wire::amount);
    let decision = domain::refund(&before.payment, None, &refund_id, amount.as_ref(), &request.reason)
        .map_err(|rejection| wire::refused(&rejection, before.payment.left()))?;
    let order_id = before.payment.order_id.clone();
    carry_out(work, &order_id, Some(before), decision, &carry_out::Context { cause, customer: None, answers: false }).await?;
    let after = rows::lock(work, &By::Order(order_id.clone())).await?.ok_or_else(|| wire::not_found(&by))?;
    let mut refunds = rows::refunds_of(Source::Work(work), std::slice::from_ref(&order_id)).await?;
    let refunds = refunds.remove(&order_id).unwrap_or_default();
    Ok(RefundPaymentResponse { payment: Some(wire::payment(&after, &refunds)), refund_id })
}
