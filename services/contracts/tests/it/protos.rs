//! Protos compiled for a test.

use std::path::{Path, PathBuf};

use prost_reflect::DescriptorPool;

/// Where the workspace's protos are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

/// The workspace's protos, the platform's own included, without comments, as they are on disk now: an encoded `FileDescriptorSet`.
pub fn on_disk() -> Vec<u8> {
    let mut files = Vec::new();
    collect(&root(), &mut files);
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/build/proto/ensue"), &mut files);
    files.sort();
    encode(&root(), &files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
}

/// Small protos, by path and text; they may import the platform's.
pub fn written(files: &[(&str, &str)]) -> DescriptorPool {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| folder.path().join(path)).collect();
    DescriptorPool::decode(encode(folder.path(), &paths).as_slice()).unwrap()
}

fn encode(root: &Path, files: &[PathBuf]) -> Vec<u8> {
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/build/proto");
    let mut compiler = protox::Compiler::new([root, &platform]).unwrap();
    compiler.include_imports(true).open_files(files).unwrap_or_else(|error| panic!("{error:?}"));
    compiler.encode_file_descriptor_set()
}
