//! What every message that travels on a log can say of itself.

/// Whether a message states a fact or asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// A fact of the past, on `events.<domain>.<event>.<key>`.
    Event,
    /// A request to one service, on `commands.<service>.<verb>.<key>`.
    Command,
}

/// A message that travels on a log; implemented by the build script for every message with the `contract` option.
pub trait Contract: prost::Message + prost::Name + Default + 'static {
    /// `order.placed`; for commands `inventory.reserve`.
    const TYPE: &'static str;
    /// The full Protobuf name, e.g. `ensue.orders.v1.OrderPlaced`.
    const SCHEMA: &'static str;
    /// Event or command.
    const KIND: Kind;
    /// What the key names: `order`, `product`, `user`.
    const AGGREGATE: &'static str;
    /// The id of the aggregate it is about.
    fn key(&self) -> &str;
}
