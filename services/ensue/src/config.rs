//! `ensue config`: what is in force, and why.

use service_host::config::{Config, Sources};

use crate::{Verdict, registry, text};

/// Prints every setting with its value, secrets masked, and its source.
pub fn show(sources: &Sources) -> anyhow::Result<Verdict> {
    let loaded = Config::load(sources, &registry::settings())?;
    let rows = loaded.effective.into_iter().map(|setting| [setting.key, setting.value, setting.source]);
    text::table(["setting", "value", "source"], rows);
    Ok(Verdict::Good)
}
