//! What can be asked, one question a file.

mod list_readings;
mod watch_readings;

pub(crate) use list_readings::list_readings;
pub(crate) use watch_readings::{Readings, watch_readings};
