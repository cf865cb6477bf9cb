//! The configuration: defaults in code, then `ensue.toml`, then `ENSUE__SECTION__KEY`, then `--set section.key=value`.
//!
//! The host has sections of its own; services declare theirs ([`Settings`]). All faults are reported at once, and every value knows where it
//! came from.
//!
//! ```
//! use service_host::config::{Config, Sections, Sources};
//!
//! let sources = Sources { set: vec!["grpc.port=0".to_owned()], ..Sources::default() };
//! let loaded = Config::load(&sources, &Sections::new())?;
//! assert_eq!(loaded.config.grpc.port, 0);
//! assert!(loaded.effective.iter().any(|setting| setting.key == "grpc.port" && setting.source == "--set"));
//! # Ok::<(), service_host::config::Faults>(())
//! ```

mod check;
mod fault;
mod found;
mod keys;
mod load;
mod sections;
mod settings;
mod shown;
mod sources;
mod text;

pub use fault::{Fault, Faults};
pub use found::{Found, is_url};
pub use load::Loaded;
pub use sections::*;
pub use settings::{Sections, Settings};
pub use shown::Setting;
pub use sources::Sources;

/// The environment variable of a key: `grpc.port` is `ENSUE__GRPC__PORT`.
pub fn variable(key: &str) -> String {
    format!("{}{}", sources::PREFIX, key.to_ascii_uppercase().replace('.', "__"))
}
