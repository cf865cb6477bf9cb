//! What the service answers.

mod get_notification;
mod get_preferences;
mod list_notifications;

pub use get_notification::get_notification;
pub use get_preferences::get_preferences;
pub use list_notifications::list_notifications;
