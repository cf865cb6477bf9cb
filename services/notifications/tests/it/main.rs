//! The service through its front door: a real broker, both databases, real servers on the loopback.

mod by_hand;
mod calls;
mod failing;
mod house;
#[path = "../../src/outside/tests/mail_server.rs"]
mod mail_server;
mod messages;
mod once;
mod outside;
mod preferences;
mod settings;
