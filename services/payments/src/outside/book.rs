//! What the provider's ledger says, in memory: which calls are good, and what happened under each key.

use std::collections::HashMap;

use super::{Entry, EntryKind, ProviderError};

/// The ledger's entries, oldest first. What is not on disk yet counts for the writer, and nobody else sees it.
#[derive(Debug, Default)]
pub struct Book {
    entries: Vec<Entry>,
    by_key: HashMap<String, usize>,
    /// Given back so far, by the key of the charge, in minor units.
    given_back: HashMap<String, i64>,
    /// So many of the entries are on disk.
    on_disk: usize,
}

impl Book {
    /// Takes an entry in that is not on disk yet.
    pub fn enter(&mut self, entry: Entry) {
        self.by_key.insert(entry.idempotency_key.clone(), self.entries.len());
        if entry.kind == EntryKind::Refund {
            *self.given_back.entry(entry.charge_key.clone()).or_default() += entry.minor_units;
        }
        self.entries.push(entry);
    }

    /// All that was entered is on disk.
    pub fn stored(&mut self) {
        self.on_disk = self.entries.len();
    }

    /// What was entered since is not on disk: strikes it.
    pub fn strike(&mut self) {
        for entry in self.entries.split_off(self.on_disk) {
            self.by_key.remove(&entry.idempotency_key);
            if let Some(given) = self.given_back.get_mut(&entry.charge_key) {
                *given -= entry.minor_units;
            }
        }
    }

    /// What happened under a key, on disk.
    pub fn find(&self, key: &str) -> Option<&Entry> {
        self.by_key.get(key).filter(|index| **index < self.on_disk).map(|index| &self.entries[*index])
    }

    /// At most `limit` entries after the first `skip`, oldest first, on disk.
    pub fn page(&self, skip: usize, limit: usize) -> Vec<Entry> {
        self.entries[..self.on_disk].iter().skip(skip).take(limit).cloned().collect()
    }

    /// The entry that would be made, or the one that is there under its key. An entry that is there must be the same in all that was asked.
    pub fn consider(&self, mut wanted: Entry) -> Result<Considered, ProviderError> {
        let declined = |reason: &str| Err(ProviderError::Declined { reason: reason.to_owned() });
        if let Some(there) = self.entered(&wanted.idempotency_key) {
            let same = there.kind == wanted.kind && there.amount() == wanted.amount();
            return if same { Ok(Considered::There(there.clone())) } else { declined("idempotency_key_reused") };
        }
        if wanted.kind == EntryKind::Refund {
            let Some(charge) = self.entered(&wanted.charge_key).filter(|entry| entry.kind == EntryKind::Charge) else {
                return declined("charge_not_found");
            };
            let given = self.given_back.get(&wanted.charge_key).copied().unwrap_or_default();
            if wanted.currency != charge.currency || wanted.minor_units > charge.minor_units - given {
                return declined("exceeds_charge");
            }
            wanted.charge_reference = charge.reference.clone();
        }
        let letters = if wanted.kind == EntryKind::Charge { "ch" } else { "re" };
        wanted.reference = format!("sim_{letters}_{}", self.entries.len() + 1);
        Ok(Considered::New(wanted))
    }

    fn entered(&self, key: &str) -> Option<&Entry> {
        self.by_key.get(key).map(|index| &self.entries[*index])
    }
}

/// What is to become of a call.
pub enum Considered {
    /// It happened before.
    There(Entry),
    /// It is good, and to be entered.
    New(Entry),
}
