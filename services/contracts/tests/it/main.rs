//! The contracts' facts, in one binary.

mod breaking;
mod buf;
mod catalogue;
mod encoding;
mod garbage;
mod json;
mod landed;
mod protos;
mod rules;
mod standard;
mod versions;

use std::sync::LazyLock;

/// What all of it amounts to, made once.
static ALL: LazyLock<contracts::Catalogue> = LazyLock::new(contracts::catalogue);
