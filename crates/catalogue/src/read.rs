//! From descriptors to entries.

use std::collections::{BTreeMap, HashMap};

use prost::Message as _;
use prost::bytes::Bytes;
use prost_reflect::prost_types::FileDescriptorProto;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

use crate::options::v1::{Contract as Declared, Kind as DeclaredKind};
use crate::value::Fault;
use crate::{Contracts, Entry, Kind, place, versions};

/// A message with what its option says.
pub(crate) type Version = (MessageDescriptor, Declared);

/// All versions of a type.
pub(crate) type Families = BTreeMap<(Kind, String), Vec<Version>>;

/// One pool of everything. A file that several sets hold has to be the same in all of them.
pub(crate) fn pool(sets: &[&Contracts]) -> Result<(DescriptorPool, DescriptorSet), Vec<Fault>> {
    let mut files: HashMap<String, (FileDescriptorProto, usize)> = HashMap::new();
    let mut pool = DescriptorPool::new();
    let mut all = DescriptorSet::default();
    let mut faults = Vec::new();
    for (at, set) in sets.iter().enumerate() {
        let Ok(read) = DescriptorSet::decode(set.descriptors()) else {
            faults.push(Fault(format!("descriptor set {} of {} is none", at + 1, sets.len())));
            continue;
        };
        for bytes in read.files {
            let Ok(file) = FileDescriptorProto::decode(bytes.clone()) else {
                faults.push(Fault(format!("descriptor set {} of {} holds a file that is none", at + 1, sets.len())));
                continue;
            };
            let name = file.name().to_owned();
            match files.get(&name) {
                Some((known, _)) if without_places(known) == without_places(&file) => {}
                Some((_, first)) => {
                    faults.push(Fault(format!(
                        "{name} is another file in descriptor set {} than in {}: two copies of it went their own ways",
                        at + 1,
                        first + 1
                    )));
                }
                None => {
                    // Encoded as they came: prost's descriptor types would lose our options.
                    if let Err(error) = pool.decode_file_descriptor_proto(bytes.clone()) {
                        faults.push(Fault(format!("{name}: {error}")));
                    }
                    all.files.push(bytes);
                    files.insert(name, (file, at));
                }
            }
        }
    }
    if faults.is_empty() { Ok((pool, all)) } else { Err(faults) }
}

/// A `FileDescriptorSet` whose files stay as they are.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DescriptorSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    files: Vec<Bytes>,
}

/// Comments may differ: they bind nobody.
fn without_places(file: &FileDescriptorProto) -> FileDescriptorProto {
    FileDescriptorProto { source_code_info: None, ..file.clone() }
}

/// Every message with a contract, by type, oldest version first.
pub(crate) fn families(pool: &DescriptorPool) -> Families {
    let mut families = Families::new();
    for message in pool.all_messages() {
        if let Some(declared) = declared(&message) {
            let kind = if declared.kind() == DeclaredKind::Command { Kind::Command } else { Kind::Event };
            families.entry((kind, declared.r#type.clone())).or_default().push((message, declared));
        }
    }
    for family in families.values_mut() {
        family.sort_by_key(|(message, _)| (versions::number(message.full_name()), message.full_name().to_owned()));
    }
    families
}

/// The contract option of a message.
fn declared(message: &MessageDescriptor) -> Option<Declared> {
    option(&message.options(), "ensue.options.v1.contract", message.parent_pool())
}

/// An option as what it is, where it is set.
pub(crate) fn option<T: prost::Message + Default>(options: &DynamicMessage, name: &str, pool: &DescriptorPool) -> Option<T> {
    let option = pool.get_extension_by_name(name)?;
    options.has_extension(&option).then(|| options.get_extension(&option).as_message()?.transcode_to().ok()).flatten()
}

/// One entry from all versions of a type; the newest speaks for all.
pub(crate) fn entry(kind: Kind, type_: &str, family: &[Version]) -> Option<Entry> {
    let (newest, declared) = family.last()?;
    Some(Entry {
        type_: type_.to_owned(),
        kind,
        schema: newest.full_name().to_owned(),
        versions: family.iter().map(|(message, _)| message.full_name().to_owned()).collect(),
        key_field: declared.key.clone(),
        aggregate: declared.aggregate.clone(),
        service: declared.service.clone(),
        senders: declared.senders.clone(),
        by_hand: declared.by_hand,
        natural_key: Some(declared.natural_key.clone()).filter(|field| !field.is_empty()),
        aliases: declared.aliases.clone(),
        expires: declared.expires,
        doc: place::doc_line(newest),
    })
}
