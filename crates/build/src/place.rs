//! Where something stands in its file.

use std::path::Path;

use prost_reflect::FileDescriptor;

/// `root/file:line:column` of what is at `path` in the file's descriptor, or of the nearest thing around it.
pub(crate) fn place(root: &Path, file: &FileDescriptor, path: &[i32]) -> String {
    let name = root.join(file.name()).display().to_string();
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let at = |path: &[i32]| info?.location.iter().find(|location| location.path == path)?.span.get(..2);
    let nearest = (1..=path.len()).rev().find_map(|length| at(&path[..length]));
    match nearest {
        Some([line, column]) => format!("{name}:{}:{}", line + 1, column + 1),
        _ => name,
    }
}
