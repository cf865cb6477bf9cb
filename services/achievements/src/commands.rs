//! What can be asked of achievements, one verb a file.

mod create_rule;
mod retire_rule;

pub use create_rule::create_rule;
pub use retire_rule::retire_rule;
