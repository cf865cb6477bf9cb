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
