//! What must hold for every message with a contract, beyond what the compiler sees.

use prost_reflect::{DynamicMessage, ExtensionDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};

use crate::compile::Compiled;
use crate::place::place;
use crate::{Fault, Faults};

/// The option that makes a message one that travels on a log.
pub(crate) const CONTRACT: &str = "ensue.options.v1.contract";
/// Number of `options` in a message's descriptor, and of the option in them.
const OPTION_PATH: [i32; 2] = [7, 51_000];

/// A contract as it stands in a proto.
pub(crate) struct Contract {
    pub message: MessageDescriptor,
    pub type_: String,
    pub is_command: bool,
    pub key: String,
    pub aggregate: String,
}

/// The contracts of the crate's own files.
pub(crate) fn contracts(compiled: &Compiled) -> Vec<Contract> {
    let Some(option) = compiled.pool.get_extension_by_name(CONTRACT) else { return Vec::new() };
    let messages = compiled.own_files().flat_map(|file| file.messages().collect::<Vec<_>>());
    messages.filter_map(|message| read(&message, &option)).collect()
}

fn read(message: &MessageDescriptor, option: &ExtensionDescriptor) -> Option<Contract> {
    let value = declared(message, option)?;
    Some(Contract {
        message: message.clone(),
        type_: text(&value, "type"),
        is_command: number(&value, "kind") == 2,
        key: text(&value, "key"),
        aggregate: text(&value, "aggregate"),
    })
}

fn declared(message: &MessageDescriptor, option: &ExtensionDescriptor) -> Option<DynamicMessage> {
    let options = message.options();
    options.has_extension(option).then(|| options.get_extension(option).as_message().cloned()).flatten()
}

fn text(value: &DynamicMessage, field: &str) -> String {
    value.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn number(value: &DynamicMessage, field: &str) -> i32 {
    value.get_field_by_name(field).and_then(|value| value.as_enum_number()).unwrap_or_default()
}

/// Everything that is wrong with the contracts of the crate's own files.
pub(crate) fn check(compiled: &Compiled) -> Result<(), Faults> {
    let Some(option) = compiled.pool.get_extension_by_name(CONTRACT) else { return Ok(()) };
    let mut faults = Vec::new();
    for file in compiled.own_files() {
        for message in file.messages() {
            let at = place(&compiled.root, &file, &[message.path(), &OPTION_PATH].concat());
            if let Some(value) = declared(&message, &option) {
                faults.extend(faults_of(&message, &value).into_iter().map(|fault| Fault::new(&at, format!("{}: {fault}", message.name()))));
            }
            nested(compiled, &file, &message, &option, &mut faults);
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// A contract inside of another message has no place in the catalogue.
fn nested(compiled: &Compiled, file: &FileDescriptor, outer: &MessageDescriptor, option: &ExtensionDescriptor, faults: &mut Vec<Fault>) {
    for inner in outer.child_messages() {
        if declared(&inner, option).is_some() {
            let at = place(&compiled.root, file, inner.path());
            faults.push(Fault::new(
                at,
                format!("{}: only a message of the top level may have a contract; move it out of {}", inner.name(), outer.name()),
            ));
        }
        nested(compiled, file, &inner, option, faults);
    }
}

fn faults_of(message: &MessageDescriptor, value: &DynamicMessage) -> Vec<String> {
    let mut faults = Vec::new();
    let type_ = text(value, "type");
    if !is_type(&type_) {
        faults.push(format!("the contract's type {type_:?} must be two words with a dot between them, such as \"bread.baked\""));
    }
    if number(value, "kind") == 0 {
        faults.push("the contract lacks its kind: KIND_EVENT or KIND_COMMAND".to_owned());
    }
    for (option, example) in
        [("aggregate", "what the key names, such as \"bread\""), ("service", "who writes the event or obeys the command")]
    {
        if text(value, option).is_empty() {
            faults.push(format!("the contract lacks {option}: {example}"));
        }
    }
    let key = text(value, "key");
    if !message.get_field_by_name(&key).is_some_and(|field| is_plain_text(&field)) {
        faults.push(format!("the key {key:?} is no text field of it; {}", texts_of(message)));
    }
    let natural = text(value, "natural_key");
    if !natural.is_empty() && !message.get_field_by_name(&natural).is_some_and(|field| is_plain_text(&field)) {
        faults.push(format!("the natural key {natural:?} is no text field of it; {}", texts_of(message)));
    }
    faults
}

/// `<domain>.<past_tense>` or `<service>.<verb>`: two tokens of a subject.
fn is_type(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    text.split('.').count() == 2 && text.split('.').all(is_word)
}

/// A single text that is always there.
fn is_plain_text(field: &FieldDescriptor) -> bool {
    field.kind() == Kind::String && !field.is_list() && field.containing_oneof().is_none()
}

fn texts_of(message: &MessageDescriptor) -> String {
    let names: Vec<String> = message.fields().filter(is_plain_text).map(|field| field.name().to_owned()).collect();
    if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) }
}
