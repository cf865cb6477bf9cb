//! `new` and `new-service`: a workspace of one's own, and another service in one that is there.

mod edit;
mod here;
mod name;
mod template;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use crate::Verdict;
use crate::say;
use name::Name;
use template::{Source, write};

/// Where the crates come from.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct From {
    /// A checkout of Ensue
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// A git repository of it
    #[arg(long, value_name = "URL")]
    git: Option<String>,
    /// A version of the registry [default: this program's]
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
}

impl From {
    fn source(&self) -> anyhow::Result<Source> {
        Ok(match (&self.path, &self.git, &self.version) {
            (Some(path), ..) => {
                let path = std::path::absolute(path).context("--path")?;
                ensure!(path.join("crates/ensue/Cargo.toml").is_file(), "--path {}: holds no crates/ensue", path.display());
                Source::Path(path)
            }
            (_, Some(url), _) => Source::Git(url.clone()),
            (.., version) => Source::Version(version.clone().unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned())),
        })
    }
}

#[derive(Debug, Args)]
pub struct Workspace {
    /// Of the workspace, its package and its first service: lower case, digits, - and _
    name: Name,
    #[command(flatten)]
    from: From,
    /// Where it is made [default: a folder of its name]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Service {
    /// Of the service, and of the domain of its events: lower case, digits, - and _
    name: Name,
}

/// Makes a workspace; touches nothing that is there.
pub fn workspace(arguments: &Workspace) -> anyhow::Result<Verdict> {
    let name = &arguments.name;
    let folder = arguments.folder.clone().unwrap_or_else(|| PathBuf::from(name.as_given()));
    ensure!(!folder.exists(), "{} is there already; nothing was changed", folder.display());
    write(&folder, template::WORKSPACE, &name.words(&arguments.from.source()?))?;
    write(&folder, template::SERVICE, &name.words_of_a_service())?;
    say!("made {}: cd {}, then `cargo run -- up`, `cargo test`", folder.display(), folder.display());
    Ok(Verdict::Good)
}

/// Adds a service to the workspace that the working folder is in.
pub fn service(arguments: &Service) -> anyhow::Result<Verdict> {
    let here = std::env::current_dir().context("the working folder")?;
    match here.ancestors().find_map(Kind::of) {
        Some((root, Kind::Theirs)) => theirs(&root, &arguments.name),
        Some((root, Kind::Ours)) => here::add(&root, &arguments.name),
        None => bail!("{} is in no workspace that `new` made", here.display()),
    }
}

/// Whose workspace a folder is.
enum Kind {
    /// Made by `new`.
    Theirs,
    /// Ensue's own.
    Ours,
}

impl Kind {
    fn of(folder: &Path) -> Option<(PathBuf, Kind)> {
        if folder.join("crates/ensue").is_dir() && folder.join("services").is_dir() {
            return Some((folder.to_owned(), Kind::Ours));
        }
        let main = std::fs::read_to_string(folder.join("src/main.rs")).ok()?;
        main.contains("ensue_cli::App::new").then(|| (folder.to_owned(), Kind::Theirs))
    }
}

/// A module, a proto, a migration, facts, and a line in `lib.rs` and in `main.rs`.
fn theirs(root: &Path, name: &Name) -> anyhow::Result<Verdict> {
    let ident = name.ident();
    let krate = edit::package(&root.join("Cargo.toml"))?.replace('-', "_");
    let words = name.words_in(&krate);
    template::require_absent(root, template::SERVICE, &words)?;
    edit::insert(&root.join("src/lib.rs"), "pub mod ", &format!("pub mod {ident};\n"))?;
    edit::insert(&root.join("src/main.rs"), ".service(", &format!("        .service(\"{ident}\", {krate}::{ident}::service)\n"))?;
    write(root, template::SERVICE, &words)?;
    say!("added {ident}: src/{ident}.rs, proto/{ident}/v1/{ident}.proto, tests/{ident}.rs, and a line in src/lib.rs and src/main.rs");
    Ok(Verdict::Good)
}
