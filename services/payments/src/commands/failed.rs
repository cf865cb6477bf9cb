//! What is said of a command that was given up, so that the compensation behind it runs.

use contracts::Contract;
use contracts::payments::v1::{PaymentCommandFailed, RefundPayment};
use messaging::{Cause, Envelope};
use store::Work;

/// A command is exhausted or dead.
pub fn command_failed(work: &mut Work, command: &Envelope, error: &str) {
    let failed = PaymentCommandFailed {
        order_id: command.key.clone(),
        command: command.type_.clone(),
        command_id: command.id.clone(),
        error: short(error),
    };
    work.emit(&command.cause(&format!("{}-commands", work.service())), &failed);
}

/// A refund by command will not be: `cause` follows from the command.
pub(super) fn emit_failed(work: &mut Work, cause: &Cause, order_id: &str, error: &str) {
    let failed = PaymentCommandFailed {
        order_id: order_id.to_owned(),
        command: RefundPayment::TYPE.to_owned(),
        command_id: cause.causation_id.clone(),
        error: short(error),
    };
    work.emit(cause, &failed);
}

/// An error is for people; what it quotes may be long.
fn short(error: &str) -> String {
    error.chars().take(500).collect()
}
