//! The files that are written, with words in place of `{{…}}`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// What stands for what.
pub type Words = Vec<(&'static str, String)>;

/// A path and a text, both with words in them.
pub type File = (&'static str, &'static str);

macro_rules! files {
    ($($path:literal: $file:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../templates/", $file)))),*]
    };
}

/// What a workspace is made of, beside its first service.
pub const WORKSPACE: &[File] = files! {
    "Cargo.toml": "workspace/Cargo.toml.in",
    "build.rs": "workspace/build.rs.in",
    "src/lib.rs": "workspace/lib.rs.in",
    "src/main.rs": "workspace/main.rs.in",
    "ensue.toml": "workspace/ensue.toml.in",
    ".gitignore": "workspace/gitignore.in",
    "Dockerfile": "workspace/Dockerfile.in",
    "README.md": "workspace/README.md.in",
};

/// What a service is made of.
pub const SERVICE: &[File] = files! {
    "proto/{{ident}}/v1/{{ident}}.proto": "service/proto.in",
    "migrations/{{ident}}/0001_items.sql": "service/migration.sql.in",
    "src/{{ident}}.rs": "service/service.rs.in",
    "tests/{{ident}}.rs": "service/facts.rs.in",
};

/// What a service of Ensue's own house is made of.
pub const HERE: &[File] = files! {
    "proto/ensue/{{ident}}/v1/{{ident}}.proto": "service/proto.in",
    "services/{{ident}}/migrations/0001_items.sql": "service/migration.sql.in",
    "services/{{ident}}/Cargo.toml": "here/Cargo.toml.in",
    "services/{{ident}}/README.md": "here/README.md.in",
    "services/{{ident}}/src/lib.rs": "here/lib.rs.in",
    "services/{{ident}}/src/service.rs": "service/service.rs.in",
    "services/{{ident}}/tests/it/main.rs": "service/facts.rs.in",
    "services/{{ident}}/contracts/Cargo.toml": "here/contracts.toml.in",
    "services/{{ident}}/contracts/build.rs": "here/contracts_build.rs.in",
    "services/{{ident}}/contracts/src/lib.rs": "here/contracts_lib.rs.in",
};

/// Where the crates come from.
#[derive(Clone, Debug)]
pub enum Source {
    Path(PathBuf),
    Git(String),
    Version(String),
}

impl Source {
    /// Of the crate in this folder, as a manifest has it.
    pub fn of(&self, folder: &str) -> String {
        match self {
            Self::Path(root) => format!("path = {:?}", root.join("crates").join(folder).display().to_string()),
            Self::Git(url) => format!("git = {url:?}"),
            Self::Version(version) => format!("version = {version:?}"),
        }
    }
}

/// Writes them below `root`.
pub fn write(root: &Path, files: &[File], words: &Words) -> anyhow::Result<()> {
    require_absent(root, files, words)?;
    for (path, text) in files {
        let path = root.join(filled(path, words));
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
        fs::write(&path, filled(text, words)).with_context(|| format!("{}", path.display()))?;
    }
    Ok(())
}

/// None of them is there.
pub fn require_absent(root: &Path, files: &[File], words: &Words) -> anyhow::Result<()> {
    for (path, _) in files {
        let path = root.join(filled(path, words));
        ensure!(!path.exists(), "{} is there already; nothing was changed", path.display());
    }
    Ok(())
}

fn filled(text: &str, words: &Words) -> String {
    words.iter().fold(text.to_owned(), |text, (name, word)| text.replace(name, word))
}

#[cfg(test)]
mod tests {
    use super::super::name::Name;
    use super::*;

    #[test]
    fn every_word_of_every_template_is_filled_in() {
        let name: Name = "my-bakery".parse().unwrap();
        let words = name.words(&Source::Version("1".to_owned()));
        for (path, text) in WORKSPACE.iter().chain(SERVICE).chain(HERE) {
            for filled in [filled(path, &words), filled(text, &words)] {
                assert!(!filled.contains("{{"), "{path}: {filled}");
            }
        }
    }
}
