//! Compiles `proto/` into the bindings, the embedded descriptors, and one `Contract` implementation per message that has the option.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};

const CONTRACT: &str = "ensue.options.v1.contract";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed={}", root.display());

    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    // Encoded by protox, not by prost: prost's descriptor types would lose our options.
    let descriptors = compiler.encode_file_descriptor_set();
    fs::write(out.join("ensue.binpb"), &descriptors)?;

    let mut prost = tonic_prost_build::Config::new();
    prost.enable_type_names().bytes(["."]).include_file("ensue.rs");
    tonic_prost_build::configure().compile_fds_with_config(compiler.file_descriptor_set(), prost)?;

    fs::write(out.join("implementations.rs"), implementations(&DescriptorPool::decode(descriptors.as_slice())?)?)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

/// `impl Contract` for every message with the option.
fn implementations(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let option = pool.get_extension_by_name(CONTRACT).ok_or("options.proto lacks the contract option")?;
    let mut code = String::new();
    for message in pool.all_messages() {
        let options = message.options();
        if !options.has_extension(&option) {
            continue;
        }
        let value = options.get_extension(&option);
        let contract = value.as_message().ok_or("the contract option is no message")?;
        let key = text(contract, "key")?;
        if message.get_field_by_name(&key).is_none_or(|field| field.kind().as_message().is_some() || field.is_list()) {
            return Err(format!("{}: the key {key:?} is no field of it", message.full_name()).into());
        }
        let kind = match contract.get_field_by_name("kind").as_deref() {
            Some(Value::EnumNumber(2)) => "Command",
            _ => "Event",
        };
        write!(
            code,
            "impl crate::Contract for crate::{path} {{\n    \
             const TYPE: &'static str = {type_:?};\n    \
             const SCHEMA: &'static str = {schema:?};\n    \
             const KIND: crate::Kind = crate::Kind::{kind};\n    \
             const AGGREGATE: &'static str = {aggregate:?};\n    \
             fn key(&self) -> &str {{\n        &self.{key}\n    }}\n}}\n",
            path = rust_path(&message),
            type_ = text(contract, "type")?,
            schema = message.full_name(),
            aggregate = text(contract, "aggregate")?,
        )?;
    }
    Ok(code)
}

fn text(contract: &DynamicMessage, field: &str) -> Result<String, Box<dyn Error>> {
    let value = contract.get_field_by_name(field).ok_or_else(|| format!("the contract option lacks {field}"))?;
    Ok(value.as_str().ok_or_else(|| format!("{field} of the contract option is no string"))?.to_owned())
}

/// `ensue.orders.v1.OrderPlaced` as `orders::v1::OrderPlaced`.
fn rust_path(message: &MessageDescriptor) -> String {
    let package = message.package_name().trim_start_matches("ensue.").replace('.', "::");
    format!("{package}::{}", message.name())
}
