//! buf's STANDARD lint rules over descriptors, under buf's own names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use prost_reflect::{DescriptorPool, EnumDescriptor, FileDescriptor, Kind, MessageDescriptor, ServiceDescriptor};

/// What breaks a rule, as `RULE place`; only files outside `google/` are looked at.
pub fn standard(pool: &DescriptorPool) -> Vec<String> {
    let files: Vec<FileDescriptor> = pool.files().filter(|file| !file.name().starts_with("google/")).collect();
    let mut found = Vec::new();
    packages(&files, &mut found);
    let mut uses = HashMap::new();
    for file in &files {
        for message in file.messages() {
            check_message(&message, &mut found);
        }
        for known in file.enums() {
            check_enum(&known, &mut found);
        }
        for service in file.services() {
            check_service(&service, &mut uses, &mut found);
        }
        imports(file, &mut found);
    }
    let shared = uses.into_iter().filter(|(_, count)| *count > 1);
    found.extend(shared.map(|(name, _)| format!("RPC_REQUEST_RESPONSE_UNIQUE {name}")));
    found.sort();
    found
}

fn packages(files: &[FileDescriptor], found: &mut Vec<String>) {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut within: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let (folder, name) = file.name().rsplit_once('/').unwrap_or(("", file.name()));
        let package = file.package_name();
        folders.entry(package).or_default().insert(folder);
        within.entry(folder).or_default().insert(package);
        let imported = file.dependencies().map(|import| import.package_name().to_owned());
        edges.entry(package.to_owned()).or_default().extend(imported.filter(|import| import != package));
        let mut rule = |broken: bool, rule: &str| found.extend(broken.then(|| format!("{rule} {}", file.name())));
        rule(package.is_empty(), "PACKAGE_DEFINED");
        rule(package.replace('.', "/") != folder, "PACKAGE_DIRECTORY_MATCH");
        rule(!package.split('.').all(is_lower_snake), "PACKAGE_LOWER_SNAKE_CASE");
        rule(!has_version(package), "PACKAGE_VERSION_SUFFIX");
        rule(!name.strip_suffix(".proto").is_some_and(is_lower_snake), "FILE_LOWER_SNAKE_CASE");
        rule(file.file_descriptor_proto().syntax.is_none(), "SYNTAX_SPECIFIED");
        rule(file.public_dependencies().next().is_some(), "IMPORT_NO_PUBLIC");
        rule(!file.file_descriptor_proto().weak_dependency.is_empty(), "IMPORT_NO_WEAK");
    }
    found.extend(folders.iter().filter(|(_, all)| all.len() > 1).map(|(package, _)| format!("PACKAGE_SAME_DIRECTORY {package}")));
    found.extend(within.iter().filter(|(_, all)| all.len() > 1).map(|(folder, _)| format!("DIRECTORY_SAME_PACKAGE {folder}")));
    found
        .extend(edges.keys().filter(|package| reaches_itself(package, &edges)).map(|package| format!("PACKAGE_NO_IMPORT_CYCLE {package}")));
}

fn reaches_itself(package: &str, edges: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![package]);
    while let Some(at) = open.pop() {
        for next in edges.get(at).into_iter().flatten() {
            if next == package {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

fn check_message(message: &MessageDescriptor, found: &mut Vec<String>) {
    if message.is_map_entry() {
        return;
    }
    let place = message.full_name();
    found.extend((!is_pascal(message.name())).then(|| format!("MESSAGE_PASCAL_CASE {place}")));
    for field in message.fields() {
        found.extend((!is_lower_snake(field.name())).then(|| format!("FIELD_LOWER_SNAKE_CASE {}", field.full_name())));
        found.extend(field.is_required().then(|| format!("FIELD_NOT_REQUIRED {}", field.full_name())));
    }
    let written = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    found
        .extend(written.filter(|oneof| !is_lower_snake(oneof.name())).map(|oneof| format!("ONEOF_LOWER_SNAKE_CASE {}", oneof.full_name())));
    message.child_messages().for_each(|child| check_message(&child, found));
    message.child_enums().for_each(|child| check_enum(&child, found));
}

fn check_enum(known: &EnumDescriptor, found: &mut Vec<String>) {
    let place = known.full_name();
    let prefix = format!("{}_", upper_snake(known.name()));
    let mut rule = |broken: bool, rule: &str, place: &str| found.extend(broken.then(|| format!("{rule} {place}")));
    rule(!is_pascal(known.name()), "ENUM_PASCAL_CASE", place);
    rule(known.values().next().is_some_and(|first| first.number() != 0), "ENUM_FIRST_VALUE_ZERO", place);
    rule(known.enum_descriptor_proto().options.as_ref().is_some_and(|options| options.allow_alias()), "ENUM_NO_ALLOW_ALIAS", place);
    for value in known.values() {
        rule(!value.name().starts_with(&prefix), "ENUM_VALUE_PREFIX", value.full_name());
        rule(
            !is_lower_snake(&value.name().to_lowercase()) || value.name() != value.name().to_uppercase(),
            "ENUM_VALUE_UPPER_SNAKE_CASE",
            value.full_name(),
        );
        rule(value.number() == 0 && !value.name().ends_with("_UNSPECIFIED"), "ENUM_ZERO_VALUE_SUFFIX", value.full_name());
    }
}

fn check_service(service: &ServiceDescriptor, uses: &mut HashMap<String, usize>, found: &mut Vec<String>) {
    let mut rule = |broken: bool, rule: &str, place: &str| found.extend(broken.then(|| format!("{rule} {place}")));
    rule(!is_pascal(service.name()), "SERVICE_PASCAL_CASE", service.full_name());
    rule(!service.name().ends_with("Service"), "SERVICE_SUFFIX", service.full_name());
    for method in service.methods() {
        let (request, response) = (method.input(), method.output());
        rule(!is_pascal(method.name()), "RPC_PASCAL_CASE", method.full_name());
        rule(request.name() != format!("{}Request", method.name()), "RPC_REQUEST_STANDARD_NAME", method.full_name());
        rule(response.name() != format!("{}Response", method.name()), "RPC_RESPONSE_STANDARD_NAME", method.full_name());
        for used in [request, response] {
            *uses.entry(used.full_name().to_owned()).or_default() += 1;
        }
    }
}

/// Every import is used by a field, an RPC, an extension or an option.
fn imports(file: &FileDescriptor, found: &mut Vec<String>) {
    let mut used = BTreeSet::new();
    let mut note = |kind: Kind| match kind {
        Kind::Message(message) => drop(used.insert(message.parent_file().name().to_owned())),
        Kind::Enum(known) => drop(used.insert(known.parent_file().name().to_owned())),
        _ => {}
    };
    let mut open: Vec<MessageDescriptor> = file.messages().collect();
    let mut extensions = BTreeSet::new();
    while let Some(message) = open.pop() {
        message.fields().for_each(|field| note(field.kind()));
        let options = message.fields().map(|field| field.options()).chain([message.options()]);
        extensions.extend(
            options.flat_map(|options| options.extensions().map(|(option, _)| option.parent_file().name().to_owned()).collect::<Vec<_>>()),
        );
        open.extend(message.child_messages());
    }
    for method in file.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        note(Kind::Message(method.input()));
        note(Kind::Message(method.output()));
    }
    file.extensions().for_each(|extension| note(Kind::Message(extension.containing_message())));
    used.extend(extensions);
    let unused = file.dependencies().filter(|import| !used.contains(import.name()));
    found.extend(unused.map(|import| format!("IMPORT_USED {} {}", file.name(), import.name())));
}

fn is_pascal(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase()) && name.chars().all(|character| character.is_ascii_alphanumeric())
}

fn is_lower_snake(name: &str) -> bool {
    let good = |part: &str| !part.is_empty() && part.chars().all(|character| character.is_ascii_lowercase() || character.is_ascii_digit());
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('_').all(good)
}

fn upper_snake(name: &str) -> String {
    name.char_indices().fold(String::new(), |mut text, (at, character)| {
        if at > 0 && character.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(character.to_ascii_uppercase());
        text
    })
}

fn has_version(package: &str) -> bool {
    let last = package.rsplit('.').next().unwrap_or_default();
    last.strip_prefix('v').is_some_and(|digits| digits.parse::<u32>().is_ok_and(|number| number > 0))
}
