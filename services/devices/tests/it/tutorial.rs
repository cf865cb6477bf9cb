//! `docs/tutorial.md`: its code is this service's, and its commands do what it says.

mod page;
mod terminal;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use page::Block;
use terminal::Terminal;
use testkit::Database;

testkit::on_both_databases! { its_commands_do_what_it_says }

/// What a reader writes: all files of these folders, and these files.
const WRITTEN: [&str; 6] = [
    "proto/ensue/devices",
    "services/devices/src",
    "services/devices/migrations",
    "services/devices/Cargo.toml",
    "services/devices/README.md",
    "services/devices/tests/it/readings.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn files(path: &str) -> Vec<String> {
    match fs::read_dir(root().join(path)) {
        Err(_) => vec![path.to_owned()],
        Ok(entries) => {
            let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
            entries.flat_map(|entry| files(&format!("{path}/{}", name(entry.expect("an entry"))))).collect()
        }
    }
}

#[test]
fn its_code_is_this_services_code() {
    let mut shown = BTreeSet::new();
    for block in page::blocks() {
        match block {
            Block::File { path, text } => {
                assert!(text == read(&path), "docs/tutorial.md shows {path} otherwise than it is: change the page with the file");
                shown.insert(path);
            }
            Block::Part { path, text } => {
                assert!(read(&path).contains(&text), "docs/tutorial.md shows a part of {path} that is not in it:\n{text}");
            }
            Block::Commands(_) | Block::Output(_) => {}
        }
    }
    let written: BTreeSet<String> = WRITTEN.into_iter().flat_map(files).collect();
    assert_eq!(shown, written, "the page shows every file, and none that is not there");
}

async fn its_commands_do_what_it_says(database: Database) {
    let mut terminal = Terminal::on(crate::start(database).await);
    for block in page::blocks() {
        match block {
            Block::Commands(lines) => {
                for line in lines {
                    terminal.run(&line).await;
                }
            }
            Block::Output(text) => terminal.expect(&text).await,
            Block::File { .. } | Block::Part { .. } => {}
        }
    }
    assert_eq!(terminal.compared(), 4, "outputs of the page");
}
