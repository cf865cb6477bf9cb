//! Lines put into files that are there.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};

/// Puts `line` behind the first line that begins with `beside`, blanks aside. Nothing happens to a file that has it.
pub fn insert(file: &Path, beside: &str, line: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    if text.contains(line.trim_end()) {
        return Ok(());
    }
    let mut at = text.split_inclusive('\n').scan(0, |end, line| {
        *end += line.len();
        Some((*end, line))
    });
    let at = at.find(|(_, line)| line.trim_start().starts_with(beside)).map(|(end, _)| end);
    let at =
        at.with_context(|| format!("{} has no line that begins with {beside}; add this one yourself: {}", file.display(), line.trim()))?;
    fs::write(file, format!("{}{line}{}", &text[..at], &text[at..])).with_context(|| format!("{}", file.display()))
}

/// The package's name in a manifest.
pub fn package(manifest: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(manifest).with_context(|| format!("{}", manifest.display()))?;
    let name = text.lines().find_map(|line| line.strip_prefix("name = ")).map(|name| name.trim_matches('"').to_owned());
    let name = name.with_context(|| format!("{} names no package", manifest.display()))?;
    ensure!(!name.is_empty(), "{} names no package", manifest.display());
    Ok(name)
}
