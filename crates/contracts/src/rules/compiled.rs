//! The rules of every field, read once from the descriptors: reading them per message would cost more than checking them.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, ExtensionDescriptor, FieldDescriptor, MessageDescriptor};

use crate::descriptors::pool;
use crate::options::v1::Rules;

/// Items of a list or map where the proto says nothing.
const MAX_ITEMS: u32 = 1_000;

/// A field and what is asked of it.
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

static RULES: LazyLock<HashMap<String, Vec<FieldRules>>> = LazyLock::new(|| {
    let option = pool().get_extension_by_name("ensue.options.v1.rules");
    ours(pool()).map(|message| (message.full_name().to_owned(), fields(&message, option.as_ref()))).collect()
});

/// The rules of a message's fields; those of others have none.
pub fn rules_of(message: &MessageDescriptor) -> &'static [FieldRules] {
    RULES.get(message.full_name()).map_or(&[], Vec::as_slice)
}

/// Whether the message is declared in this workspace, and not by Google.
pub fn is_ours(message: &MessageDescriptor) -> bool {
    message.full_name().starts_with("ensue.")
}

fn ours(pool: &DescriptorPool) -> impl Iterator<Item = MessageDescriptor> + '_ {
    pool.all_messages().filter(|message| is_ours(message) && !message.is_map_entry())
}

fn fields(message: &MessageDescriptor, option: Option<&ExtensionDescriptor>) -> Vec<FieldRules> {
    let rules = |field: &FieldDescriptor| {
        let options = field.options();
        option.and_then(|option| options.get_extension(option).as_message()?.transcode_to().ok()).unwrap_or_default()
    };
    message.fields().map(|field| FieldRules { name: field.name().to_owned(), number: field.number(), rules: rules(&field) }).collect()
}
