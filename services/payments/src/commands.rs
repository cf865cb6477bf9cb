//! What payments can be asked to do, one verb a file, and the call to the provider that most of it leads to.

mod ask_provider;
mod carry_out;
mod charge;
mod failed;
mod refund;
mod refund_by_hand;

pub use ask_provider::AskProvider;
pub use charge::Charge;
pub use failed::command_failed;
pub use refund::Refund;
pub use refund_by_hand::refund_by_hand;
