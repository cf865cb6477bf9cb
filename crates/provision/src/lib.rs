#![doc = include_str!("../README.md")]

mod guard;
pub mod nats_server;
mod port;
pub mod postgres;
mod tools;

use std::path::{Path, PathBuf};

pub use guard::Guard;
pub use port::free_port;

/// The top folder of the checkout that this was built from.
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Looks for a program on PATH, as the shell would.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
