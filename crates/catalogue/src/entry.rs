//! What the catalogue knows of one type.

use crate::Kind;

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
    /// May go out of date before it is delivered.
    pub expires: bool,
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
