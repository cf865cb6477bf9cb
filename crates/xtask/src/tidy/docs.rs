//! Documents name only paths that exist.

use super::Finding;
use super::tree::Tree;

/// Endings by which a word without a folder is a file of the repository all the same.
const ENDINGS: [&str; 5] = [".rs", ".toml", ".md", ".proto", ".sh"];

/// Files that a user makes, or that a run makes.
const MADE_BY_USERS: [&str; 1] = ["ensue.toml"];

pub(super) fn paths_exist(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.files().filter(|(path, _)| path.ends_with(".md")) {
        let mut in_code = false;
        for (index, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            if in_code {
                continue;
            }
            for path in named_paths(line, tree) {
                if !exists(tree, file, &path) {
                    let message = format!("names `{path}`, which does not exist: a document that points nowhere is worse than none");
                    findings.push(Finding::error(format!("{file}:{}", index + 1), message));
                }
            }
        }
    }
    findings
}

/// The paths of a line: what stands between backticks and looks like one, and the targets of links to files.
fn named_paths(line: &str, tree: &Tree) -> Vec<String> {
    let in_backticks = line.split('`').skip(1).step_by(2).filter(|word| looks_like_a_path(word, tree));
    let linked = line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|target| is_a_file_link(target));
    in_backticks.chain(linked).map(without_anchor).collect()
}

fn looks_like_a_path(word: &str, tree: &Tree) -> bool {
    let is_plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-:#".contains(c)) && !word.contains("::");
    let path = without_anchor(word);
    if !is_plain || MADE_BY_USERS.contains(&path.as_str()) {
        return false;
    }
    match path.split_once('/') {
        // A first part that is a folder of ours. `data/mail`, `application/json` and `v1/order.proto` are something else.
        Some((first, _)) => !first.is_empty() && tree.has(first) && tree.text(first).is_none(),
        None => path.len() > ".rs".len() && ENDINGS.iter().any(|ending| path.ends_with(ending)) && path.starts_with(char::is_uppercase),
    }
}

fn is_a_file_link(target: &str) -> bool {
    // A page that is a crate doc links to items; rustdoc checks those.
    !target.is_empty()
        && !target.contains("::")
        && !target.starts_with('#')
        && !target.contains("://")
        && !target.starts_with("mailto:")
        && !target.contains(' ')
}

/// `path#section` and `path:12` name `path`.
fn without_anchor(word: &str) -> String {
    word.split(['#', ':']).next().unwrap_or(word).to_owned()
}

/// Whether the path exists, seen from the top folder or from the document's own.
fn exists(tree: &Tree, document: &str, path: &str) -> bool {
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    tree.has(path) || resolve(folder, path).is_none_or(|path| path.is_empty() || tree.has(&path))
}

/// `path` seen from `folder`; `None` when it leaves the repository, where we know nothing.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(document: &str, text: &str) -> Vec<String> {
        let files = [(document, text), ("crates/store/src/log.rs", ""), ("docs/ARCHITECTURE.md", ""), ("Cargo.toml", "")];
        paths_exist(&Tree::of(files)).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_path_that_moved_is_named_with_its_line() {
        let found = findings("README.md", "\nSee `crates/store/src/lag.rs`.");
        assert!(found[0].starts_with("error: README.md:2: names `crates/store/src/lag.rs`"), "{found:?}");
        assert!(findings("README.md", "[the map](docs/MAP.md)")[0].contains("docs/MAP.md"));
        assert!(findings("README.md", "`DESIGN.md`")[0].contains("DESIGN.md"));
    }

    #[test]
    fn paths_that_exist_are_seen_from_the_top_and_from_the_document() {
        assert!(
            findings("README.md", "`crates/store`, `crates/store/src/log.rs:12`, `Cargo.toml`, [map](docs/ARCHITECTURE.md#words)")
                .is_empty()
        );
        assert!(
            findings("crates/store/README.md", "[log](src/log.rs), [top](../../Cargo.toml), [outside](../../../shared/data)").is_empty()
        );
    }

    #[test]
    fn what_is_no_path_of_ours_is_left_alone() {
        let text = "`events.order.>` `application/json` `data/mail` `crates/<name>` `store::Work` `ensue.toml` [web](https://example.invalid/a) [item](store::Work)";
        assert!(findings("README.md", text).is_empty());
        assert!(findings("README.md", "```\n`crates/gone`\n```").is_empty());
    }
}
