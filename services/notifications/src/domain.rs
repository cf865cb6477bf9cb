//! Whom a message reaches, where, and whether at all: pure rules over contacts and preferences.

mod contact;
mod recipient;
mod resolve;

pub use contact::{Channel, Contact, Preferences};
pub use recipient::Recipient;
pub use resolve::{DEFAULT_LOCALE, Unreachable, resolve};
