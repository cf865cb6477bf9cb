//! What orders reads.

mod catalogue;
mod raise;
mod refunds;
mod saga;
mod timers;
mod travel;

pub use catalogue::catalogue;
pub use saga::saga;
