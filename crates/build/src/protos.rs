//! The protos that come with this crate, so that a stranger copies none.

use protox::Error;
use protox::file::{File, FileResolver};

macro_rules! embedded {
    ($($name:literal)*) => {
        /// Names and texts of all of them: the options, the platform's own messages, and Google's HTTP annotation (Apache-2.0).
        pub const PLATFORM: &[(&str, &str)] = &[$(($name, include_str!(concat!("../proto/", $name)))),*];
    };
}

embedded! {
    "ensue/events/v1/service.proto"
    "ensue/events/v1/types.proto"
    "ensue/options/v1/options.proto"
    "ensue/platform/v1/dead.proto"
    "ensue/platform/v1/log.proto"
    "ensue/system/v1/events.proto"
    "ensue/types/v1/types.proto"
    "google/api/annotations.proto"
    "google/api/http.proto"
}

/// The text of one of them, by the name that it is imported under.
pub fn platform_proto(name: &str) -> Option<&'static str> {
    PLATFORM.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Finds them for the compiler.
pub(crate) struct Embedded;

impl FileResolver for Embedded {
    fn open_file(&self, name: &str) -> Result<File, Error> {
        let text = platform_proto(name).ok_or_else(|| Error::file_not_found(name))?;
        File::from_source(name, text)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Files below a folder, by their paths from it.
    fn below(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() { below(&path, &format!("{name}/"), found) } else { found.push(name) }
        }
    }

    #[test]
    fn every_proto_of_the_folder_is_embedded() {
        let mut files = Vec::new();
        below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("proto"), "", &mut files);
        files.sort();
        assert_eq!(files, PLATFORM.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
