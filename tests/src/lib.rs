//! The whole system as its users have it: the binary as a process of its own, a real `nats-server`, files on disk, calls from outside.
//!
//! Nobody here looks into a process. Tests of the binary use this from `services/ensue/tests`, where cargo says where the binary is.

pub mod chaos;
mod clients;
mod fixtures;
mod left_behind;
mod python;
mod run;
mod system;

pub use clients::Clients;
pub use fixtures::{baskets, catalogue, workout};
pub use left_behind::LeftBehind;
pub use python::python_consumer;
pub use run::Ran;
pub use system::{Setup, System};
