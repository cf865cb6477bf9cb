//! What is said of a command that was given up, so that the compensation behind it runs.

use contracts_shipping::v1::ShipmentCommandFailed;
use messaging::Envelope;
use store::Work;

/// A command is exhausted or dead.
pub fn command_failed(work: &mut Work, command: &Envelope, error: &str) {
    let failed = ShipmentCommandFailed {
        order_id: command.key.clone(),
        command: command.type_.clone(),
        command_id: command.id.clone(),
        error: error.chars().take(500).collect(),
    };
    work.emit(&command.cause(&format!("{}-commands", work.service())), &failed);
}
