//! Where the distribution keeps the Postgres server.

use std::fs;
use std::path::{Path, PathBuf};

use crate::on_path;

/// Debian puts each major version into a folder of its own, none of them on PATH.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `postgres`: PATH's if it has both, else the newest of the distribution's.
pub fn find_binaries() -> Option<PathBuf> {
    on_path("initdb")
        .as_deref()
        .and_then(Path::parent)
        .filter(|folder| is_complete(folder))
        .map(Path::to_path_buf)
        .or_else(|| newest_in(Path::new(DEBIAN)))
}

fn newest_in(versions: &Path) -> Option<PathBuf> {
    fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| Some((entry.as_ref().ok()?.file_name().to_str()?.parse::<u32>().ok()?, entry.ok()?.path().join("bin"))))
        .filter(|(_, folder)| is_complete(folder))
        .max()
        .map(|(_, folder)| folder)
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_complete_version_is_taken() {
        let versions = std::env::temp_dir().join(format!("ensue-postgres-versions-{}", std::process::id()));
        for (version, programs) in [("9", &["initdb", "postgres"][..]), ("15", &["initdb", "postgres"]), ("17", &["psql"])] {
            let folder = versions.join(version).join("bin");
            fs::create_dir_all(&folder).unwrap();
            for program in programs {
                fs::write(folder.join(program), "").unwrap();
            }
        }
        let newest = newest_in(&versions);
        fs::remove_dir_all(&versions).unwrap();
        assert_eq!(newest, Some(versions.join("15/bin")));
    }
}
