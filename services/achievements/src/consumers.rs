//! What the service makes of others' events, and of time.

mod changes;
mod count;
mod evaluate;

pub use count::Count;
pub use evaluate::{Evaluate, begin};

/// The consumer's name within the service.
pub const COUNT: &str = "count";

/// Its full name: whose timers they are, and who acts in what follows.
pub const ACTOR: &str = "achievements-count";
