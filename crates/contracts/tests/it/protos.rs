//! Protos compiled for a test.

use std::path::{Path, PathBuf};

use prost_reflect::DescriptorPool;

/// Where the workspace's protos are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

/// The workspace's protos without comments, as they are on disk now: an encoded `FileDescriptorSet`.
pub fn on_disk() -> Vec<u8> {
    let mut files = Vec::new();
    collect(&root(), &mut files);
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

/// Small protos, by path and text; they may import the workspace's options.
pub fn written(files: &[(&str, &str)]) -> DescriptorPool {
    let folder = tempfile::tempdir().unwrap();
    let options = "ensue/options/v1/options.proto";
    let text = std::fs::read_to_string(root().join(options)).unwrap();
    for (path, text) in files.iter().copied().chain([(options, text.as_str())]) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| folder.path().join(path)).collect();
    DescriptorPool::decode(encode(folder.path(), &paths).as_slice()).unwrap()
}

fn encode(root: &Path, files: &[PathBuf]) -> Vec<u8> {
    let mut compiler = protox::Compiler::new([root]).unwrap();
    compiler.include_imports(true).open_files(files).unwrap_or_else(|error| panic!("{error:?}"));
    compiler.encode_file_descriptor_set()
}
