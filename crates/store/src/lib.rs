#![doc = include_str!("../README.md")]

mod append;
mod bulk;
mod clock;
mod committed;
mod conn;
mod direct;
mod error;
pub mod fault;
mod file_lock;
mod heads;
mod job;
pub mod leases;
pub mod log;
mod migrate;
mod numbering;
pub mod positions;
mod postgres;
mod readers;
pub mod requests;
mod sqlite;
mod store;
pub mod timers;
mod value;
mod work;

pub use clock::Clock;
pub use committed::Fresh;
pub use conn::Dialect;
pub use error::StoreError;
pub use job::panic_said;
pub use log::LogRow;
pub use migrate::Migration;
pub use numbering::Numbering;
pub use store::{Place, Store};
pub use value::{FromColumn, Params, Row, Value};
pub use work::{Mark, Work};
