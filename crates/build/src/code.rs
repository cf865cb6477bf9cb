//! From descriptors to code: prost's and tonic's, and what each message can say of itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use prost_build::Module;
use prost_reflect::MessageDescriptor;

use crate::check::{self, Contract};
use crate::compile::Compiled;
use crate::{Contracts, Fault, Faults};

/// Packages whose code the platform's crate has, and where.
const PLATFORMS: &[(&str, &str)] = &[
    ("ensue.options", "options"),
    ("ensue.platform", "platform"),
    ("ensue.system", "system"),
    ("ensue.types", "types"),
    ("ensue.events", "events"),
    ("google.api", "google::api"),
];

/// Writes `contracts.rs` and `contracts.binpb` into `out`.
pub(crate) fn write(contracts: &Contracts, compiled: &Compiled, out: &Path) -> Result<(), Faults> {
    let descriptors = out.join("contracts.binpb");
    fs::write(&descriptors, &compiled.encoded).map_err(|error| Fault::of_file(&descriptors, &error))?;
    let mut code = modules(contracts, compiled)?;
    let found = check::contracts(compiled);
    code.push_str(&statements(&contracts.platform, compiled, &found));
    let file = out.join("contracts.rs");
    fs::write(&file, code).map_err(|error| Fault::of_file(&file, &error))?;
    Ok(())
}

/// One module for each package of the crate's own, inside one another as the packages are.
fn modules(contracts: &Contracts, compiled: &Compiled) -> Result<String, Faults> {
    let platform = &contracts.platform;
    let mut prost = prost_build::Config::new();
    prost.enable_type_names().bytes(["."]).btree_map(["."]).format(false);
    prost.prost_path(format!("{platform}::prost")).prost_types_path(format!("{platform}::prost_types"));
    if !contracts.embedded {
        for (package, module) in PLATFORMS {
            prost.extern_path(format!(".{package}"), format!("{platform}::{module}"));
        }
    }
    for (package, module) in &contracts.elsewhere {
        prost.extern_path(format!(".{package}"), module.clone());
    }
    // prost 0.14 derives a Debug for ordered maps that looks for `::prost`, wherever we say it is.
    prost.skip_debug(own_messages(compiled).iter().filter(|message| has_map(message)).map(|message| format!(".{}", message.full_name())));
    let services = tonic_prost_build::configure().codec_path(format!("{platform}::tonic_prost::ProstCodec")).service_generator();
    prost.service_generator(services);
    let files = compiled.files.iter().map(|file| (Module::from_protobuf_package_name(file.package()), file.clone())).collect();
    let generated = prost.generate(files).map_err(|error| Fault::new("", error.to_string()))?;
    let own: Vec<Module> = compiled.own_files().map(|file| Module::from_protobuf_package_name(file.package_name())).collect();
    let mut tree = Tree::default();
    for (module, code) in generated.into_iter().filter(|(module, _)| own.contains(module)) {
        tree.put(module.parts().map(str::to_owned).collect(), with_platform(&code, platform));
    }
    Ok(tree.code())
}

/// What prost and tonic made, line by line: tonic's generator has no setting for where tonic is, and what people write into comments of a
/// proto is no Rust, which rustdoc would compile.
fn with_platform(code: &str, platform: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut fenced = false;
    for line in code.lines() {
        match line.trim_start().strip_prefix("///") {
            Some(comment) => out.push_str(&comment_line(comment, &mut fenced)),
            None => out.push_str(&code_line(line, platform)),
        }
        out.push('\n');
    }
    out
}

fn comment_line(comment: &str, fenced: &mut bool) -> String {
    let text = comment.trim_start();
    match text.strip_prefix("```") {
        Some(_) => {
            *fenced = !*fenced;
            format!("/// {}", if *fenced { "```text" } else { "```" })
        }
        // An indented line is code to rustdoc.
        None if !*fenced => format!("/// {text}"),
        None => format!("///{comment}"),
    }
}

fn code_line(line: &str, platform: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("tonic::") {
        let (before, after) = rest.split_at(at);
        let is_path = before.chars().next_back().is_none_or(|before| !before.is_alphanumeric() && before != '_' && before != ':');
        out.push_str(before);
        if is_path {
            out.push_str(platform);
            out.push_str("::");
        }
        out.push_str("tonic::");
        rest = &after["tonic::".len()..];
    }
    out.push_str(rest);
    out
}

/// Modules inside one another.
#[derive(Default)]
struct Tree {
    code: String,
    below: BTreeMap<String, Tree>,
}

impl Tree {
    fn put(&mut self, path: Vec<String>, code: String) {
        path.into_iter().fold(self, |tree, part| tree.below.entry(part).or_default()).code = code;
    }

    fn code(&self) -> String {
        self.below.iter().fold(self.code.clone(), |mut code, (name, tree)| {
            let _ =
                write!(code, "#[allow(clippy::all, clippy::pedantic, missing_docs, rustdoc::all)]\npub mod {name} {{\n{}}}\n", tree.code());
            code
        })
    }
}

/// `CONTRACTS`, and what each message says of itself.
fn statements(platform: &str, compiled: &Compiled, found: &[Contract]) -> String {
    let mut code = String::new();
    let mut steps = Vec::new();
    for contract in found {
        let before = older(found, contract);
        steps.extend(before.windows(2).map(|pair| step(platform, pair[0], pair[1])).collect::<Vec<_>>());
        let _ = write!(code, "{}", implementation(platform, contract, &before));
    }
    steps.sort_unstable();
    steps.dedup();
    for message in own_messages(compiled) {
        let path = rust_path(&message);
        let _ =
            writeln!(code, "impl {platform}::Described for {path} {{ fn contracts() -> &'static {platform}::Contracts {{ &CONTRACTS }} }}");
        if has_map(&message) {
            code.push_str(&debug(&message, &path));
        }
    }
    format!(
        "/// The descriptors of these messages, and how older versions become newer ones: what a program hands to its host.\n\
         pub static CONTRACTS: {platform}::Contracts = {platform}::Contracts::new(include_bytes!(concat!(env!(\"OUT_DIR\"), \"/contracts.binpb\")), &[{}]);\n{code}",
        steps.join(", ")
    )
}

/// All versions of the contract's type up to itself, oldest first.
fn older<'a>(found: &'a [Contract], contract: &'a Contract) -> Vec<&'a Contract> {
    let family = |other: &&Contract| (other.is_command, &other.type_) == (contract.is_command, &contract.type_);
    let mut versions: Vec<&Contract> = found.iter().filter(family).collect();
    versions.sort_by_key(|version| number(version));
    versions.retain(|version| number(version) <= number(contract));
    versions
}

/// The 2 of `bakery.v2`.
fn number(contract: &Contract) -> u32 {
    let last = contract.message.package_name().rsplit('.').next().unwrap_or_default();
    last.strip_prefix('v').and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

fn step(platform: &str, from: &Contract, to: &Contract) -> String {
    format!("{platform}::Step::between::<{}, {}>()", rust_path(&from.message), rust_path(&to.message))
}

fn implementation(platform: &str, contract: &Contract, versions: &[&Contract]) -> String {
    let steps: Vec<String> = versions.windows(2).map(|pair| step(platform, pair[0], pair[1])).collect();
    let steps = if steps.is_empty() {
        String::new()
    } else {
        format!("    fn steps() -> &'static [{platform}::Step] {{\n        const {{ &[{}] }}\n    }}\n", steps.join(", "))
    };
    format!(
        "impl {platform}::Contract for {path} {{\n    const TYPE: &'static str = {type_:?};\n    const SCHEMA: &'static str = {schema:?};\n    \
         const KIND: {platform}::Kind = {platform}::Kind::{kind};\n    const AGGREGATE: &'static str = {aggregate:?};\n    \
         fn key(&self) -> &str {{\n        &self.{key}\n    }}\n{steps}}}\n",
        path = rust_path(&contract.message),
        type_ = contract.type_,
        schema = contract.message.full_name(),
        kind = if contract.is_command { "Command" } else { "Event" },
        aggregate = contract.aggregate,
        key = ident(&contract.key.to_snake_case()),
    )
}

/// The messages of the crate's own files, those inside of others too.
fn own_messages(compiled: &Compiled) -> Vec<MessageDescriptor> {
    fn with_inner(message: MessageDescriptor, found: &mut Vec<MessageDescriptor>) {
        if !message.is_map_entry() {
            message.child_messages().for_each(|inner| with_inner(inner, found));
            found.push(message);
        }
    }
    let mut found = Vec::new();
    compiled.own_files().for_each(|file| file.messages().for_each(|message| with_inner(message, &mut found)));
    found
}

fn has_map(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| field.is_map())
}

/// A Debug that shows fields as they are; enums are numbers in it.
fn debug(message: &MessageDescriptor, path: &str) -> String {
    let plain = message.fields().filter(|field| field.containing_oneof().is_none_or(|oneof| oneof.is_synthetic()));
    let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    let names = plain.map(|field| field.name().to_owned()).chain(oneofs.map(|oneof| oneof.name().to_owned()));
    let shown: String = names.map(|name| format!(".field({name:?}, &self.{})", ident(&name.to_snake_case()))).collect();
    format!(
        "impl ::core::fmt::Debug for {path} {{ fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {{ \
         f.debug_struct({:?}){shown}.finish() }} }}\n",
        message.name()
    )
}

/// `bakery.v1.BreadBaked` as `self::bakery::v1::BreadBaked`, as prost writes it.
fn rust_path(message: &MessageDescriptor) -> String {
    let module = Module::from_protobuf_package_name(message.package_name());
    let mut parts: Vec<String> = std::iter::once("self").chain(module.parts()).map(str::to_owned).collect();
    let mut outer = Vec::new();
    let mut at = message.parent_message();
    while let Some(parent) = at {
        outer.push(ident(&parent.name().to_snake_case()));
        at = parent.parent_message();
    }
    parts.extend(outer.into_iter().rev());
    parts.push(message.name().to_upper_camel_case());
    parts.join("::")
}

/// A name that Rust keeps for itself, as prost writes it.
fn ident(name: &str) -> String {
    const KEPT: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern", "false",
        "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
        "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where",
        "while", "yield",
    ];
    if KEPT.contains(&name) { format!("r#{name}") } else { name.to_owned() }
}
