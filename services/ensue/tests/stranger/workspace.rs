//! A workspace that `ensue new` made in an empty folder, and what is done in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use catalogue::{Catalogue, Contracts};
use tempfile::TempDir;

/// Gone with the test.
pub struct Workspace {
    name: String,
    folder: TempDir,
}

impl Workspace {
    /// Made by the binary, on this checkout's crates.
    pub fn new(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("ensue-stranger-").tempdir().expect("a folder");
        let checkout = checkout();
        let checkout = checkout.to_str().expect("a path");
        said(Command::new(env!("CARGO_BIN_EXE_ensue")).args(["new", name, "--path", checkout]).current_dir(folder.path()));
        let workspace = Self { name: name.to_owned(), folder };
        // The same versions as ours: what is built already is not built again.
        std::fs::copy(format!("{checkout}/Cargo.lock"), workspace.path().join("Cargo.lock")).expect("the versions");
        workspace
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Runs `ensue` in it, and it goes well.
    pub fn ensue(&self, arguments: &[&str]) -> String {
        said(Command::new(env!("CARGO_BIN_EXE_ensue")).args(arguments).current_dir(self.path()))
    }

    /// Runs `ensue` in it; what it says when it does not go well.
    pub fn try_ensue(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_ensue")).args(arguments).current_dir(self.path()).output().expect("ensue");
        assert!(!output.status.success(), "{arguments:?} went well");
        all(&output)
    }

    /// Runs cargo in it, on what our own build has made already, and without the network.
    pub fn cargo(&self, arguments: &[&str]) -> String {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).arg("--offline").env("CARGO_TARGET_DIR", target()).current_dir(self.path());
        // Cargo tells a test where its own package is; what runs here is another one.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
            cargo.env_remove(name);
        }
        said(cargo.env_remove("CARGO_MANIFEST_DIR"))
    }

    /// The program that cargo made of it.
    pub fn binary(&self) -> PathBuf {
        target().join("debug").join(&self.name)
    }

    /// The protos of it, as its build script has them.
    pub fn contracts(&self) -> &'static Contracts {
        let out = tempfile::tempdir().expect("a folder");
        ensue_build::Contracts::new(self.path().join("proto")).compile(out.path()).unwrap_or_else(|faults| panic!("{faults}"));
        let descriptors = std::fs::read(out.path().join("contracts.binpb")).expect("descriptors");
        Box::leak(Box::new(Contracts::new(descriptors.leak(), &[])))
    }

    /// Why its contracts are no catalogue.
    pub fn catalogue_faults(&self) -> String {
        Catalogue::of([self.contracts()]).err().map(|faults| faults.to_string()).unwrap_or_default()
    }
}

impl Drop for Workspace {
    /// What cargo put beside our own programs.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.binary());
    }
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the checkout").to_owned()
}

/// Where this test was built: `…/debug/deps/stranger-…` is in it.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("this test");
    test.ancestors().nth(3).expect("the target folder").to_owned()
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    assert!(output.status.success(), "{command:?}:\n{}", all(&output));
    all(&output)
}

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
