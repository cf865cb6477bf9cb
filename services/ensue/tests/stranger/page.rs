//! `docs/tutorial.md` as a list of its blocks.

use std::path::Path;

/// Something between two fences.
pub enum Block {
    /// A whole file.
    File { path: String, text: String },
    /// Some of a file.
    Part { path: String, text: String },
    /// What to type into a terminal, line by line.
    Commands(Vec<String>),
    /// What the terminal shows then; `…` stands for whatever is there.
    Output(String),
}

/// Every block; one that does not say what it is fails.
pub fn blocks() -> Vec<Block> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tutorial.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some((kind, String::new())),
            (None, None) => {}
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (Some(_), Some(_)) => blocks.extend(open.take().map(|(kind, text)| block(kind, text))),
        }
    }
    assert!(open.is_none(), "the last block of docs/tutorial.md is open");
    blocks
}

fn block(kind: &str, text: String) -> Block {
    let (language, what) = kind.split_once(' ').unwrap_or((kind, ""));
    match (language, what.split_once('=')) {
        (_, Some(("file", path))) => Block::File { path: path.to_owned(), text },
        (_, Some(("part-of", path))) => Block::Part { path: path.to_owned(), text },
        ("sh", None) => Block::Commands(text.lines().map(str::to_owned).collect()),
        ("json" | "text", None) => Block::Output(text),
        _ => panic!("docs/tutorial.md: a block of kind `{kind}` is neither code nor command nor output"),
    }
}
