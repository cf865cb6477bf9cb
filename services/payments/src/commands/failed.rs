//! What is said of a command that was given up, so that the compensation behind it runs.

use catalogue::Contract;
use contracts_payments::v1::{PaymentCommandFailed, RefundPayment};
use delivery::decode;
use messaging::{Cause, Envelope};
use store::Work;

/// A command is exhausted or dead.
pub fn command_failed(work: &mut Work, command: &Envelope, error: &str) {
    let failed = PaymentCommandFailed {
        order_id: command.key.clone(),
        command: command.type_.clone(),
        command_id: command.id.clone(),
        error: short(error),
        refund_id: refund_id(command),
    };
    work.emit(&command.cause(&format!("{}-commands", work.service())), &failed);
}

/// A refund by command will not be: `cause` follows from the command.
pub(super) fn emit_failed(work: &mut Work, cause: &Cause, order_id: &str, refund_id: &str, error: &str) {
    let failed = PaymentCommandFailed {
        order_id: order_id.to_owned(),
        command: RefundPayment::TYPE.to_owned(),
        command_id: cause.causation_id.clone(),
        error: short(error),
        refund_id: refund_id.to_owned(),
    };
    work.emit(cause, &failed);
}

/// Which refund was asked for; empty for other commands.
fn refund_id(command: &Envelope) -> String {
    let refund = Some(command).filter(|command| command.type_ == RefundPayment::TYPE).and_then(|command| decode(command).ok());
    refund.map(|refund: RefundPayment| refund.refund_id).unwrap_or_default()
}

/// An error is for people; what it quotes may be long.
fn short(error: &str) -> String {
    error.chars().take(500).collect()
}
