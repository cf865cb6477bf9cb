#![doc = include_str!("../README.md")]

mod app;
mod broker;
mod cli;
mod commands;
mod completions;
mod config;
mod conversation;
mod dead;
pub mod duration;
mod event_line;
mod events;
mod new;
pub mod pages;
mod progress;
mod publish;
mod registry;
mod serve;
mod server;
pub mod text;
mod up;

pub use app::App;
pub use commands::{Commands, Nothing, Verdict};
pub use progress::Progress;
pub use registry::Make;
pub use server::Server;

/// What [`clients!`] names.
#[doc(hidden)]
pub use tonic;
