//! Whom a message reaches, where, and whether at all: pure rules over contacts and preferences.

mod ask;
mod contact;
mod notification;
mod recipient;
mod resolve;
mod wanted;

pub use ask::{Ask, Fate};
pub use contact::{Channel, Contact, Preferences};
pub use notification::{Notification, Status};
pub use recipient::Recipient;
pub use resolve::{DEFAULT_LOCALE, Unreachable, resolve};
pub use wanted::{Fault, Wanted};
