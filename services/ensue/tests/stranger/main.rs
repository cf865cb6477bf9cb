//! A workspace of somebody else's, outside of the checkout: made, built, tested, run, called, traced, as `docs/tutorial.md` says.

mod page;
mod raw;
mod terminal;
mod workspace;

use std::collections::BTreeSet;

use page::Block;
use terminal::Terminal;
use workspace::Workspace;

/// What the page shows whole.
const SHOWN: [&str; 7] = [
    "build.rs",
    "migrations/bakery/0001_items.sql",
    "proto/bakery/v1/bakery.proto",
    "src/bakery.rs",
    "src/lib.rs",
    "src/main.rs",
    "tests/bakery.rs",
];

/// One fact, because its parts stand on one another and building is what takes long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strangers_service_is_made_built_tested_run_and_traced() {
    let bakery = Workspace::new("bakery");
    let mut shown = BTreeSet::new();
    for block in page::blocks() {
        match block {
            Block::File { path, text } => {
                assert!(text == bakery.read(&path), "docs/tutorial.md shows {path} otherwise than `ensue new bakery` makes it");
                shown.insert(path);
            }
            Block::Part { path, text } => {
                assert!(bakery.read(&path).contains(&text), "docs/tutorial.md shows a part of {path} that is not in it:\n{text}");
            }
            Block::Commands(_) | Block::Output(_) => {}
        }
    }
    assert_eq!(shown, SHOWN.map(str::to_owned).into(), "docs/tutorial.md shows every file");

    bakery.ensue(&["new-service", "oven"]);
    let twice = bakery.try_ensue(&["new-service", "oven"]);
    assert!(twice.contains("is there already; nothing was changed"), "{twice}");
    bakery.cargo(&["test"]);

    let mut terminal = Terminal::at(&bakery).await;
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
    assert_eq!(terminal.compared(), 5, "outputs of the page");
    terminal.is_one_trace("rye-bread").await;
    terminal.stop().await;
}

/// Two owners of one type: both places are named, and no port was opened.
#[test]
fn contracts_that_do_not_fit_end_a_program_before_a_port_opens() {
    let bakery = Workspace::new("twins");
    let proto = "proto/twins/v1/twins.proto";
    let other =
        bakery.read(proto).replace("package twins.v1;", "package thieves.v1;").replace("service: \"twins\"", "service: \"thieves\"");
    bakery.write("proto/thieves/v1/thieves.proto", &other);
    let said = bakery.catalogue_faults();
    for part in ["type twins.item_added has two owners", "twins/v1/twins.proto:", "thieves/v1/thieves.proto:"] {
        assert!(said.contains(part), "{said}");
    }
}
