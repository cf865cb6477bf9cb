#![doc = include_str!("../README.md")]

mod check;
mod code;
mod compile;
mod fault;
mod place;
mod protos;

use std::path::{Path, PathBuf};
use std::process::exit;

pub use fault::{Fault, Faults};
pub use protos::{PLATFORM, platform_proto};

/// Compiles every `.proto` below `folder` for a crate that depends on `ensue`; on a fault the build ends with it.
pub fn compile(folder: impl Into<PathBuf>) {
    Contracts::new(folder).compile_or_exit();
}

/// What is to be compiled, and for whom.
#[derive(Clone, Debug)]
pub struct Contracts {
    /// Where imports begin.
    root: PathBuf,
    /// Which folders below it are this crate's own; none: all.
    own: Vec<PathBuf>,
    /// The crate that the generated code finds the platform in.
    platform: String,
    /// Proto packages that other crates have the code of.
    elsewhere: Vec<(String, String)>,
    /// The protos that come with this crate are meant, not files.
    embedded: bool,
}

impl Contracts {
    /// Every `.proto` below `root`, which is also where their imports begin.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let platform = "::ensue".to_owned();
        Self { root: root.into(), own: Vec::new(), platform, elsewhere: Vec::new(), embedded: false }
    }

    /// The platform's own protos; for the crate that holds the platform's bindings, and nobody else.
    pub fn of_the_platform() -> Self {
        Self { embedded: true, platform: "crate".to_owned(), ..Self::new("") }
    }

    /// Only the files below this folder of the root are the crate's own; the others may be imported.
    pub fn own(mut self, folder: impl Into<PathBuf>) -> Self {
        self.own.push(folder.into());
        self
    }

    /// The crate that the generated code finds the platform in, `::ensue` if nothing is said.
    pub fn platform(mut self, path: impl Into<String>) -> Self {
        self.platform = path.into();
        self
    }

    /// The code of a proto package is in another crate: `.elsewhere("bakery.types", "::bakery_types::bakery::types")`.
    pub fn elsewhere(mut self, package: impl Into<String>, module: impl Into<String>) -> Self {
        self.elsewhere.push((package.into(), module.into()));
        self
    }

    /// Writes the code for [`ensue::contracts!`](https://docs.rs/ensue) into the build's output folder.
    ///
    /// # Errors
    /// Everything that is wrong with the protos.
    pub fn compile(&self, out: &Path) -> Result<(), Faults> {
        self.compile_and_tell(out).map(|_| ())
    }

    /// The files that were read, too: what the build script is to be run again for.
    fn compile_and_tell(&self, out: &Path) -> Result<Vec<PathBuf>, Faults> {
        let compiled = compile::compile(self)?;
        check::check(&compiled)?;
        code::write(self, &compiled, out)?;
        let names = compiled.files.iter().map(|file| self.root.join(file.name()));
        Ok(names.filter(|path| !self.embedded && path.is_file()).collect())
    }

    /// The same for a build script: the output folder is cargo's, and a fault ends the build.
    pub fn compile_or_exit(&self) {
        // The folders, for files that come and go; of others only what is imported.
        let own = if self.own.is_empty() && !self.embedded { vec![PathBuf::new()] } else { self.own.clone() };
        own.iter().for_each(|folder| println!("cargo::rerun-if-changed={}", self.root.join(folder).display()));
        let out = std::env::var_os("OUT_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
        match self.compile_and_tell(&out) {
            Ok(read) => read.iter().for_each(|path| println!("cargo::rerun-if-changed={}", path.display())),
            Err(faults) => {
                faults.0.iter().for_each(|fault| println!("cargo::error={fault}"));
                exit(1);
            }
        }
    }
}
