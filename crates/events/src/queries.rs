//! What can be asked.

pub(crate) mod get_conversation;
pub(crate) mod get_dead_letter;
pub(crate) mod list_dead_letters;
pub(crate) mod list_event_types;
pub(crate) mod list_events;
pub(crate) mod shown;
pub(crate) mod tail_events;
