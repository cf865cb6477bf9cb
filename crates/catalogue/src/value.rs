//! Every type that travels on a log: who writes it, what its key is, which versions there are. A value, made at the start of a program from
//! the contracts of all its services.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use prost::Message as _;
use prost::bytes::Bytes;

use crate::upcast::{self, Step};
use crate::{CONTRACTS, Contracts, EVERY_SERVICE, Entry, Kind, NotUpcast, Schemas, check, read};

/// What there is. Clones are the same one.
///
/// ```
/// use catalogue::Catalogue;
///
/// let catalogue = Catalogue::of([])?; // of the platform alone
/// assert_eq!(catalogue.find("event.processing.failed").map(|entry| entry.type_.as_str()), Some("system.error"));
/// # Ok::<(), catalogue::Faults>(())
/// ```
#[derive(Clone)]
pub struct Catalogue {
    inner: Arc<Inner>,
    /// Services that are known to be there, also those that write nothing.
    known: Arc<BTreeSet<String>>,
}

struct Inner {
    schemas: Schemas,
    entries: Vec<Arc<Entry>>,
    /// Position in `entries` by type and by alias, per kind.
    by_name: HashMap<(Kind, String), usize>,
    by_schema: HashMap<String, usize>,
    steps: Vec<Step>,
    descriptors: Vec<u8>,
}

/// One reason why there is no catalogue; names every place that is part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

/// Everything that is wrong with the contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the contracts do not make a catalogue:")?;
        self.0.iter().try_for_each(|Fault(fault)| write!(out, "\n  {fault}"))
    }
}

impl std::error::Error for Faults {}

impl Catalogue {
    /// What these contracts and the platform's own amount to.
    ///
    /// # Errors
    /// Everything that does not fit: a type that two services own, a key that is no field, a name that is taken twice.
    pub fn of<'a>(contracts: impl IntoIterator<Item = &'a Contracts>) -> Result<Self, Faults> {
        let sets: Vec<&Contracts> = [&CONTRACTS].into_iter().chain(contracts).collect();
        let (pool, descriptors) = read::pool(&sets).map_err(Faults)?;
        let families = read::families(&pool);
        let read = |((kind, type_), family): (&(Kind, String), &Vec<read::Version>)| read::entry(*kind, type_, family).map(Arc::new);
        let entries: Vec<Arc<Entry>> = families.iter().filter_map(read).collect();
        let mut steps: Vec<Step> = sets.iter().flat_map(|set| set.steps()).copied().collect();
        steps.dedup_by_key(|step| step.from);
        let faults = check::faults(&pool, &families, &steps);
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        let mut by_name = HashMap::new();
        let mut by_schema = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            by_name.extend(entry.aliases.iter().chain([&entry.type_]).map(|name| ((entry.kind, name.clone()), at)));
            by_schema.extend(entry.versions.iter().map(|schema| (schema.clone(), at)));
        }
        let schemas = Schemas::of(pool);
        let inner = Inner { schemas, entries, by_name, by_schema, steps, descriptors: descriptors.encode_to_vec() };
        Ok(Self { inner: Arc::new(inner), known: Arc::default() })
    }

    /// All files with their imports and comments, as an encoded `FileDescriptorSet`: for gRPC reflection.
    pub fn descriptors(&self) -> &[u8] {
        &self.inner.descriptors
    }

    /// All types, events first, each kind by name.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.inner.entries
    }

    /// The event or command of this name, also by an older name; an event wins over a command of the same name.
    pub fn find(&self, type_or_alias: &str) -> Option<&Arc<Entry>> {
        self.find_kind(Kind::Event, type_or_alias).or_else(|| self.find_kind(Kind::Command, type_or_alias))
    }

    /// The event, or the command, of this name, also by an older name.
    pub fn find_kind(&self, kind: Kind, type_or_alias: &str) -> Option<&Arc<Entry>> {
        self.inner.by_name.get(&(kind, type_or_alias.to_owned())).map(|&at| &self.inner.entries[at])
    }

    /// The type whose message, in any version, has this full Protobuf name.
    pub fn by_schema(&self, full_name: &str) -> Option<&Arc<Entry>> {
        self.inner.by_schema.get(full_name).map(|&at| &self.inner.entries[at])
    }

    /// The first parts of all event types, sorted: one stream each.
    pub fn domains(&self) -> Vec<&str> {
        self.domains_where(|_| true)
    }

    /// The domains whose events `service` writes alone: for these it is the door.
    pub fn domains_of(&self, service: &str) -> Vec<&str> {
        self.domains_where(|entry| entry.service == service)
    }

    fn domains_where(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<&str> {
        let events = self.entries().iter().filter(|entry| entry.kind == Kind::Event && wanted(entry));
        events.map(|entry| entry.owner()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The services that write events, or send or receive commands, sorted; those of a domain that does not run here included.
    pub fn services(&self) -> Vec<&str> {
        let named = self.entries().iter().flat_map(|entry| entry.senders.iter().chain([&entry.service]));
        named.map(String::as_str).filter(|name| *name != EVERY_SERVICE).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The same, and these services are there too: who only reads is named by no contract.
    pub fn with_services<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let known = self.known.iter().cloned().chain(names.into_iter().map(str::to_owned)).collect();
        Self { inner: self.inner.clone(), known: Arc::new(known) }
    }

    /// Every service that is known of, sorted: those that contracts name, and those that were said to be there.
    pub fn all_services(&self) -> BTreeSet<&str> {
        self.services().into_iter().chain(self.known.iter().map(String::as_str)).collect()
    }

    /// The payload in the newest version of its type, with that version's schema. What is new already, or unknown, comes back as it is.
    ///
    /// # Errors
    /// [`NotUpcast`] when an old payload cannot be decoded.
    pub fn upcast<'a>(&self, schema: &'a str, payload: Bytes) -> Result<(Cow<'a, str>, Bytes), NotUpcast> {
        upcast::along(&self.inner.steps, schema, payload)
    }
}

/// Every message by its name: what bytes and JSON are held against.
impl Deref for Catalogue {
    type Target = Schemas;

    fn deref(&self) -> &Schemas {
        &self.inner.schemas
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Catalogue({} types)", self.inner.entries.len())
    }
}
