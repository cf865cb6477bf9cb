//! The object store, as this service needs it: raw files are kept there and read from there.

mod read;
mod reader;

pub use read::{Call, Read};
pub use reader::{Reader, Unread};
