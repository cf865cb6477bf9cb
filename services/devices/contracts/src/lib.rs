//! The wire of devices: what they measure. Made by the build script from `proto/ensue/devices`.

pub use generated::CONTRACTS;
pub use generated::ensue::devices::*;

mod generated {
    catalogue::contracts!();
}
