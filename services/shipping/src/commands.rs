//! What shipping can be asked to do, one verb a file, and the call to the carrier that some of it leads to.

mod ask_carrier;
mod cancel;
mod carry_out;
mod create;
mod failed;
mod travel;

pub use ask_carrier::AskCarrier;
pub use cancel::Cancel;
pub use create::Create;
pub use failed::command_failed;
pub use travel::{confirm_delivery, dispatch_shipment};
