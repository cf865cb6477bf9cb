//! From files to descriptors.

use std::fs;
use std::path::{Path, PathBuf};

use prost_reflect::{DescriptorPool, FileDescriptor};
use protox::Compiler;
use protox::file::{ChainFileResolver, GoogleFileResolver, IncludeFileResolver};

use crate::protos::{Embedded, PLATFORM};
use crate::{Contracts, Fault, Faults};

/// What the compiler made of the files.
pub(crate) struct Compiled {
    /// All files, imports included, with our options readable.
    pub pool: DescriptorPool,
    /// The same as bytes, as protox writes them: prost's descriptor types would lose the options.
    pub encoded: Vec<u8>,
    /// The same for prost's code generator.
    pub files: Vec<prost_reflect::prost_types::FileDescriptorProto>,
    /// The names of the crate's own files.
    pub own: Vec<String>,
    /// Where they are, to be named in errors.
    pub root: PathBuf,
}

impl Compiled {
    /// The crate's own files, sorted by name.
    pub(crate) fn own_files(&self) -> impl Iterator<Item = FileDescriptor> + '_ {
        self.own.iter().filter_map(|name| self.pool.get_file_by_name(name))
    }
}

pub(crate) fn compile(contracts: &Contracts) -> Result<Compiled, Faults> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(IncludeFileResolver::new(contracts.root.clone()));
    resolver.add(Embedded);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    let own = own_names(contracts)?;
    let faults: Vec<Fault> =
        own.iter().filter_map(|name| compiler.open_file(name).err()).map(|error| fault(&contracts.root, &error)).collect();
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    let encoded = compiler.encode_file_descriptor_set();
    let pool = DescriptorPool::decode(encoded.as_slice()).map_err(|error| Fault::new("", error.to_string()))?;
    Ok(Compiled { pool, encoded, files: compiler.file_descriptor_set().file, own, root: contracts.root.clone() })
}

/// The compiler's own words, which begin with the file's name as it is imported; people look for it below the root.
fn fault(root: &Path, error: &protox::Error) -> Fault {
    let text = format!("{error:?}"); // the form with line and column
    let Some(file) = error.file() else { return Fault::new("", text) };
    let below = root.join(file).display().to_string();
    match text.strip_prefix(file).and_then(|rest| rest.strip_prefix(':')).and_then(|rest| rest.split_once(": ")) {
        Some((at, message)) => Fault::new(format!("{below}:{at}"), message),
        None => Fault::new(below, text),
    }
}

/// The names of the files that are meant, sorted.
fn own_names(contracts: &Contracts) -> Result<Vec<String>, Faults> {
    if contracts.embedded {
        return Ok(PLATFORM.iter().map(|(name, _)| (*name).to_owned()).collect());
    }
    let mut files = Vec::new();
    let folders = if contracts.own.is_empty() { vec![PathBuf::new()] } else { contracts.own.clone() };
    for folder in folders {
        collect(&contracts.root.join(&folder), &mut files)?;
    }
    if files.is_empty() {
        return Err(Fault::new(contracts.root.display().to_string(), "holds no .proto").into());
    }
    files.sort();
    let name = |path: &PathBuf| path.strip_prefix(&contracts.root).unwrap_or(path).display().to_string();
    Ok(files.iter().map(name).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Faults> {
    let unreadable = |error: std::io::Error| Fault::of_file(folder, &error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
