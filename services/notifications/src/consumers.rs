//! What the service makes of others' events.

mod learn;
mod tell;

pub use learn::{Forget, Learn, Meet};
pub use tell::{MAIL, Tell};
