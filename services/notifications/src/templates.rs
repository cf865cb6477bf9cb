//! What is said: a text per template, channel and language, written in files and filled with the event as JSON.
//!
//! A file is headers (`title:`), `---`, and the body; without `---` all of it is body. Templates see the event's fields under their
//! Protobuf names; fields that are zero or empty are absent, so an optional one needs `default` or `is defined`. Anything else that is
//! missing fails the rendering: a message with a hole is not sent. `{{ amount | money }}` writes money, `{{ reason | phrase }}` a
//! machine's reason in words, from the language's `phrases.txt`.
//!
//! Adding a message is two files, one line in `sources.rs` and an example in `templates/examples.json`.

mod filters;
mod money;
mod render;
mod sources;

#[cfg(test)]
mod tests;

pub use money::format_money;
pub use render::{Rendered, TemplateError, Templates};
