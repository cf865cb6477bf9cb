//! What the service does when it is told to: one verb, one file.

mod notify;
mod send;
mod send_notification;
mod set_preferences;

pub use notify::{Notify, named};
pub use send::Send;
pub use send_notification::send_notification;
pub use set_preferences::set_preferences;
