//! Another service in Ensue's own house: two crates, a proto, and a line wherever services are counted up.

use std::path::Path;

use super::edit::insert;
use super::name::Name;
use super::template::{HERE, Words, write};
use crate::Verdict;
use crate::say;

/// Makes it.
pub fn add(root: &Path, name: &Name) -> anyhow::Result<Verdict> {
    let ident = name.ident();
    write(root, HERE, &words(name))?;
    let lines = [
        ("Cargo.toml", "contracts-", format!("contracts-{ident} = {{ path = \"services/{ident}/contracts\" }}\n")),
        ("Cargo.toml", "achievements =", format!("{ident} = {{ path = \"services/{ident}\" }}\n")),
        ("services/contracts/Cargo.toml", "contracts-", format!("contracts-{ident}.workspace = true\n")),
        ("services/contracts/src/lib.rs", "pub use contracts_", format!("pub use contracts_{ident} as {ident};\n")),
        ("services/contracts/src/lib.rs", "&contracts_", format!("    &contracts_{ident}::CONTRACTS,\n")),
        ("services/ensue/Cargo.toml", "achievements.workspace", format!("{ident}.workspace = true\n")),
        ("services/ensue/src/main.rs", ".service(", format!("        .service(\"{ident}\", {ident}::service)\n")),
    ];
    for (file, beside, line) in lines {
        insert(&root.join(file), beside, &line)?;
    }
    say!("added {ident}: services/{ident}, its contracts, proto/ensue/{ident}, and a line wherever services are counted up (`git diff`)");
    say!("then: ENSUE_ACCEPT_PROTO=1 cargo test -p contracts, cargo test -p {ident}");
    Ok(Verdict::Good)
}

fn words(name: &Name) -> Words {
    let ident = name.ident();
    let contracts = format!("contracts_{ident}");
    let mut words: Words = vec![
        ("{{package}}", format!("ensue.{ident}")),
        ("{{wire}}", contracts.clone()),
        ("{{wire_outside}}", contracts.clone()),
        ("{{contracts}}", format!("{contracts}::CONTRACTS")),
        ("{{service_outside}}", format!("{ident}::service")),
        ("{{migrations}}", "../migrations".to_owned()),
    ];
    words.extend(name.words_of_a_service()); // the first word of a name is the one that is taken
    words
}
