//! The rules of every field, read once from the descriptors: reading them per message would cost more than checking them.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, ExtensionDescriptor, FieldDescriptor, MessageDescriptor};

use crate::options::v1::Rules;

/// Items of a list or map where the proto says nothing.
const MAX_ITEMS: u32 = 1_000;

/// A field and what is asked of it.
#[derive(Debug)]
pub struct FieldRules {
    pub name: String,
    pub number: u32,
    pub rules: Rules,
}

impl Rules {
    pub(super) fn least_items(&self) -> usize {
        self.min_items.unwrap_or(u32::from(self.required)) as usize
    }

    pub(super) fn most_items(&self) -> usize {
        self.max_items.unwrap_or(MAX_ITEMS) as usize
    }
}

/// The rules of all messages of a pool, by their full names.
#[derive(Debug, Default)]
pub struct Compiled(HashMap<String, Vec<FieldRules>>);

impl Compiled {
    /// Reads them.
    pub fn of(pool: &DescriptorPool) -> Self {
        let option = pool.get_extension_by_name("ensue.options.v1.rules");
        let messages = pool.all_messages().filter(|message| is_ours(message) && !message.is_map_entry());
        Self(messages.map(|message| (message.full_name().to_owned(), fields(&message, option.as_ref()))).collect())
    }

    /// The rules of a message's fields; those of Google have none.
    pub fn of_message(&self, message: &MessageDescriptor) -> &[FieldRules] {
        self.0.get(message.full_name()).map_or(&[], Vec::as_slice)
    }
}

/// Whether the message is somebody's own, and not Google's.
pub fn is_ours(message: &MessageDescriptor) -> bool {
    !message.full_name().starts_with("google.")
}

fn fields(message: &MessageDescriptor, option: Option<&ExtensionDescriptor>) -> Vec<FieldRules> {
    let rules = |field: &FieldDescriptor| {
        let options = field.options();
        option.and_then(|option| options.get_extension(option).as_message()?.transcode_to().ok()).unwrap_or_default()
    };
    message.fields().map(|field| FieldRules { name: field.name().to_owned(), number: field.number(), rules: rules(&field) }).collect()
}
