//! What can be done.

pub(crate) mod discard_dead_letters;
mod once;
pub(crate) mod publish_events;
pub(crate) mod redrive_dead_letters;
mod settling;
mod targets;
