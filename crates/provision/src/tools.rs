//! Where programs are kept that were fetched once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// In this checkout `target/tools`, so that `cargo clean` takes them along; elsewhere the user's cache: `$XDG_CACHE_HOME/ensue`, else `~/.cache/ensue`.
///
/// # Errors
/// When neither variable says where that is.
pub(crate) fn folder() -> Result<PathBuf> {
    // A package from a registry, or from a copy that cargo made of a repository, was never built in place.
    let target = crate::workspace_root().join("target");
    match target.is_dir() {
        true => Ok(target.join("tools")),
        false => cache(|variable| std::env::var_os(variable)),
    }
}

fn cache(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(Path::new(".cache"))));
    Ok(cache.context("there is no folder to keep it in: set XDG_CACHE_HOME or HOME")?.join("ensue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_cache_is_where_the_desktop_says() {
        let of = |set: &[(&str, &str)]| {
            let set: Vec<(String, OsString)> = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
            cache(|wanted| set.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()))
        };
        assert_eq!(of(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")]).unwrap(), Path::new("/c/ensue"));
        assert_eq!(of(&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")]).unwrap(), Path::new("/h/.cache/ensue"));
        assert!(of(&[]).unwrap_err().to_string().contains("HOME"));
    }
}
