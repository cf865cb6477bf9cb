//! `payment.command_failed`: of a charge and of its undo, which are the saga's matter, and of the refund of a return, which is nobody's but an operator's.

use catalogue::Contract as _;
use contracts_payments::v1::{PaymentCommandFailed, RefundPayment};
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use super::raise::raise;
use crate::order_saga::{Answer, undo_refund_id};

/// Feeds the saga's own to the saga, and raises the others: the goods are back, and the money is not.
pub struct PaymentsFailed(pub Answer<PaymentCommandFailed>);

impl Handler for PaymentsFailed {
    type Input = PaymentCommandFailed;

    async fn handle(&self, failed: Received<PaymentCommandFailed>, work: &mut Work) -> Outcome {
        let (order_id, refund_id) = (&failed.order_id, &failed.refund_id);
        if failed.command != RefundPayment::TYPE || refund_id.is_empty() || *refund_id == undo_refund_id(order_id) {
            return self.0.handle(failed, work).await;
        }
        let message =
            format!("order {order_id}: refund {refund_id} of a return failed; `RefundPayment` of payments gives the money back by hand");
        raise("refund_failed", order_id, message, &failed.error, failed.cause(), work);
        Ok(Done)
    }
}
