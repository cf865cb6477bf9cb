//! Nothing that is committed names one machine or one registry.

use super::Finding;
use super::tree::Tree;

/// Folders that exist on the machine of whoever wrote it. In two parts, so that this file passes.
const FOLDERS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];

/// Registries and mirrors are the business of the machine's own settings of cargo, pip and Go.
const REGISTRIES: [&str; 6] = [
    concat!("static.cra", "tes.io"),
    concat!("index.cra", "tes.io"),
    concat!("py", "pi.org"),
    concat!("files.python", "hosted.org"),
    concat!("proxy.go", "lang.org"),
    concat!("registry.np", "mjs.org"),
];

pub(super) fn nothing_names_this_machine(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.files() {
        for (index, line) in text.lines().enumerate() {
            let place = format!("{file}:{}", index + 1);
            if let Some(folder) = FOLDERS.iter().find(|folder| names_folder(line, folder)) {
                findings.push(Finding::error(&place, format!("names {folder}, a folder of one machine: others do not have it")));
            }
            if let Some(host) = REGISTRIES.iter().find(|host| line.contains(**host)) {
                let why = "which registry is asked is for the machine's own settings to say";
                findings.push(Finding::error(&place, format!("names the registry {host}: {why}")));
            }
        }
    }
    findings
}

/// Whether the folder stands there from the root on, not as a part of a longer path or an address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-/}".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        nothing_names_this_machine(&Tree::of([("a.rs", text)])).len()
    }

    #[test]
    fn a_folder_of_one_machine_is_found() {
        assert_eq!(findings(concat!("let path = \"/wo", "rk/main\";")), 1);
        assert_eq!(findings(concat!("see /ro", "ot/notes")), 1);
    }

    #[test]
    fn the_same_name_inside_a_path_is_not() {
        assert_eq!(findings(concat!("crates/store/src/wo", "rk/commit.rs and https://example.invalid/wo", "rk/a")), 0);
    }

    #[test]
    fn a_registry_is_found() {
        assert_eq!(findings(concat!("index-url = https://py", "pi.org/simple")), 1);
    }
}
