//! Ids of what follows from a message: the same when it is done again.

use std::fmt::Write as _;

use uuid::Uuid;

/// The namespace of these ids.
const FOLLOW_ON: Uuid = Uuid::from_u128(0x6f1c_2a5e_7b3d_5c19_9e04_d1a8_33b7_e5f2);

/// What an actor does because of a message, counted under this name; `None` for what has no cause.
pub fn name(actor: &str, causation_id: &str) -> Option<String> {
    (!causation_id.is_empty()).then(|| format!("{actor}/{causation_id}"))
}

/// The id of the `ordinal`-th message under a name, from 0.
pub fn id(name: &str, ordinal: u32) -> String {
    let mut named = String::with_capacity(name.len() + 11);
    named.push_str(name);
    let _ = write!(named, "/{ordinal}");
    Uuid::new_v5(&FOLLOW_ON, named.as_bytes()).hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

/// A hash behind a time, as in a UUID of version 7 (this is version 8): ids that come together stand together in an index, which is then quick
/// to add to.
pub fn dated(hash: Uuid, milliseconds: u64) -> String {
    let mut bytes = hash.into_bytes();
    bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_ids_sort_by_their_time_and_differ_within_it() {
        let id = |name: &str, milliseconds| dated(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()), milliseconds);
        assert_eq!(id("a", 1_700_000_000_000), id("a", 1_700_000_000_000));
        assert_ne!(id("a", 1_700_000_000_000), id("b", 1_700_000_000_000));
        assert!(id("b", 1_700_000_000_000) < id("a", 1_700_000_000_001));
        assert_eq!(Uuid::try_parse(&id("a", 1_700_000_000_000)).unwrap().get_version_num(), 8);
    }
}
