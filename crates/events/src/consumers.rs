//! What this service reads.

mod log;

pub(crate) use log::Log;
