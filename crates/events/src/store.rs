//! The service's own tables.

mod find;
mod insert;
pub(crate) mod outgoing;
mod rows;
mod sequence;

pub(crate) use find::{Cursor, find};
pub(crate) use insert::insert;
pub(crate) use rows::{Logged, behind, conversation, conversation_size, head, load};
pub(crate) use sequence::{Reached, in_sequence};
