//! Contracts compiled for a test.

use catalogue::{Catalogue, Contracts};

/// The options, and a package that stands for everybody's.
pub const HEAD: &str =
    "syntax = \"proto3\"; package PACKAGE; import \"ensue/options/v1/options.proto\"; import \"google/api/annotations.proto\";\n";

/// One proto file as a service's build script would compile it; `package` is `bakery.v1`.
pub fn contracts(package: &str, body: &str) -> &'static Contracts {
    let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path().join(package.replace('.', "/")).join("events.proto");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, HEAD.replace("PACKAGE", package) + body).unwrap();
    ensue_build::Contracts::new(folder.path()).compile(out.path()).unwrap_or_else(|faults| panic!("{faults}"));
    let descriptors = std::fs::read(out.path().join("contracts.binpb")).unwrap();
    Box::leak(Box::new(Contracts::new(descriptors.leak(), &[])))
}

/// An event of `service`: `event("BreadBaked", "bread.baked", "bakery", "")`; `more` goes on with the option.
pub fn event(name: &str, type_: &str, service: &str, more: &str) -> String {
    format!(
        "message {name} {{ option (ensue.options.v1.contract) = {{type: \"{type_}\", kind: KIND_EVENT, key: \"id\", aggregate: \"bread\", service: \"{service}\"{more}}};\n\
         string id = 1 [(ensue.options.v1.rules).id = true]; }}\n"
    )
}

/// Why these are no catalogue.
pub fn faults(contracts: &[&Contracts]) -> Vec<String> {
    let faults = Catalogue::of(contracts.iter().copied()).err().map(|faults| faults.0).unwrap_or_default();
    faults.into_iter().map(|fault| fault.0).collect()
}
