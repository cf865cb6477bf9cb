//! Every type that travels on a log: who writes it, what its key is, which versions there are. Read from the options in the protos.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use prost_reflect::MessageDescriptor;

use crate::descriptors::{doc_line, pool};
use crate::options::v1::{Contract as Declared, Kind as DeclaredKind};
use crate::{Kind, versions};

/// The service of types that every service writes.
pub const EVERY_SERVICE: &str = "*";

/// What is known of one type.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// `order.placed`; for commands `inventory.reserve`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Event or command.
    pub kind: Kind,
    /// The full Protobuf name of the newest version.
    pub schema: String,
    /// The full Protobuf names of all versions, oldest first.
    pub versions: Vec<String>,
    /// The string field that is the key.
    pub key_field: String,
    /// What the key names: `order`, `product`, `user`.
    pub aggregate: String,
    /// The service that writes the event or receives the command; [`EVERY_SERVICE`] where all do.
    pub service: String,
    /// The services that send the command.
    pub senders: Vec<String>,
    /// May be published by hand.
    pub by_hand: bool,
    /// The string field by which the door tells a repeat.
    pub natural_key: Option<String>,
    /// Older names, accepted by the door and in queries.
    pub aliases: Vec<String>,
    /// One line for people.
    pub doc: String,
}

impl Entry {
    /// What stands before the dot: the domain of an event, the receiving service of a command.
    pub fn owner(&self) -> &str {
        self.type_.split_once('.').map_or(self.type_.as_str(), |(owner, _)| owner)
    }

    /// The schema of what comes by hand without saying its own: the first version, for good.
    pub fn hand_schema(&self) -> &str {
        self.versions.first().unwrap_or(&self.schema)
    }
}

struct Catalogue {
    entries: Vec<Entry>,
    /// Position in `entries` by type and by alias, per kind.
    by_name: HashMap<(Kind, String), usize>,
    by_schema: HashMap<String, usize>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(read);

/// All types, events first, each kind by name.
pub fn entries() -> &'static [Entry] {
    &CATALOGUE.entries
}

/// The event or command of this name, also by an older name; an event wins over a command of the same name.
pub fn find(type_or_alias: &str) -> Option<&'static Entry> {
    find_kind(Kind::Event, type_or_alias).or_else(|| find_kind(Kind::Command, type_or_alias))
}

/// The event, or the command, of this name, also by an older name.
pub fn find_kind(kind: Kind, type_or_alias: &str) -> Option<&'static Entry> {
    CATALOGUE.by_name.get(&(kind, type_or_alias.to_owned())).map(|&at| &CATALOGUE.entries[at])
}

/// The type whose message, in any version, has this full Protobuf name.
pub fn by_schema(full_name: &str) -> Option<&'static Entry> {
    CATALOGUE.by_schema.get(full_name).map(|&at| &CATALOGUE.entries[at])
}

/// The first parts of all event types, sorted: one stream each.
pub fn domains() -> Vec<&'static str> {
    domains_where(|_| true)
}

/// The domains whose events `service` writes alone: for these it is the door.
pub fn domains_of(service: &str) -> Vec<&'static str> {
    domains_where(|entry| entry.service == service)
}

fn domains_where(wanted: impl Fn(&Entry) -> bool) -> Vec<&'static str> {
    let events = entries().iter().filter(|entry| entry.kind == Kind::Event && wanted(entry));
    events.map(Entry::owner).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The services that write events, or send or receive commands, sorted; those of a domain that does not run here included.
pub fn services() -> Vec<&'static str> {
    let named = entries().iter().flat_map(|entry| entry.senders.iter().chain([&entry.service]));
    named.map(String::as_str).filter(|name| *name != EVERY_SERVICE).collect::<BTreeSet<_>>().into_iter().collect()
}

fn read() -> Catalogue {
    let mut families: BTreeMap<(Kind, String), Vec<(MessageDescriptor, Declared)>> = BTreeMap::new();
    for message in pool().all_messages() {
        if let Some(declared) = declared(&message) {
            let kind = if declared.kind() == DeclaredKind::Command { Kind::Command } else { Kind::Event };
            families.entry((kind, declared.r#type.clone())).or_default().push((message, declared));
        }
    }
    let entries: Vec<Entry> = families.into_iter().filter_map(|((kind, type_), family)| entry(kind, type_, family)).collect();
    let mut by_name = HashMap::new();
    let mut by_schema = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        by_name.extend(entry.aliases.iter().chain([&entry.type_]).map(|name| ((entry.kind, name.clone()), at)));
        by_schema.extend(entry.versions.iter().map(|schema| (schema.clone(), at)));
    }
    Catalogue { entries, by_name, by_schema }
}

/// The contract option of a message.
fn declared(message: &MessageDescriptor) -> Option<Declared> {
    let option = pool().get_extension_by_name("ensue.options.v1.contract")?;
    let options = message.options();
    if !options.has_extension(&option) {
        return None;
    }
    options.get_extension(&option).as_message()?.transcode_to().ok()
}

/// One entry from all versions of a type; the newest speaks for all.
fn entry(kind: Kind, type_: String, mut family: Vec<(MessageDescriptor, Declared)>) -> Option<Entry> {
    family.sort_by_key(|(message, _)| versions::number(message.full_name()));
    let schemas: Vec<String> = family.iter().map(|(message, _)| message.full_name().to_owned()).collect();
    let (newest, declared) = family.pop()?;
    Some(Entry {
        type_,
        kind,
        schema: newest.full_name().to_owned(),
        versions: schemas,
        key_field: declared.key,
        aggregate: declared.aggregate,
        service: declared.service,
        senders: declared.senders,
        by_hand: declared.by_hand,
        natural_key: Some(declared.natural_key).filter(|field| !field.is_empty()),
        aliases: declared.aliases,
        doc: doc_line(&newest),
    })
}
