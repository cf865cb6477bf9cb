//! The files that the rules look at: what git knows or would take, as text.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Paths from the top folder, with `/` between their parts, and what the files hold. Files that are no text count with no text.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// The checkout: committed files and new ones that are not ignored.
    ///
    /// # Errors
    /// When there is no git, or this is no git checkout.
    pub(super) fn of_the_repository() -> Result<Tree> {
        let root = provision::workspace_root();
        let output = Command::new("git")
            .current_dir(&root)
            .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()
            .context("the tidy rules ask git for the files; cannot run git")?;
        ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr));
        let mut files = BTreeMap::new();
        for path in String::from_utf8_lossy(&output.stdout).split('\0').filter(|path| !path.is_empty()) {
            // A file that git knows and that is deleted here is no file.
            if let Ok(content) = fs::read(root.join(path)) {
                files.insert(path.to_owned(), String::from_utf8(content).unwrap_or_default());
            }
        }
        Ok(Tree { files })
    }

    /// A tree made up by a test.
    #[cfg(test)]
    pub(super) fn of<const N: usize>(files: [(&str, &str); N]) -> Tree {
        Tree { files: files.map(|(path, text)| (path.to_owned(), text.to_owned())).into() }
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether this is a file, or a folder with files.
    pub(super) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        self.files.contains_key(path) || self.files.range(folder.clone()..).next().is_some_and(|(file, _)| file.starts_with(&folder))
    }

    /// The folders with a `Cargo.toml` under `crates` and `services`, and `tests`.
    pub(super) fn packages(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|path| path.strip_suffix("/Cargo.toml")).filter(|folder| {
            let mut parts = folder.split('/');
            matches!((parts.next(), parts.next(), parts.next()), (Some("crates" | "services"), Some(_), None) | (Some("tests"), None, None))
        })
    }
}
