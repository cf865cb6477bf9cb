//! What a message can say of itself; implemented by the build script.

use crate::Contracts;
use crate::upcast::Step;

/// Whether a message states a fact or asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// A fact of the past, on `events.<domain>.<event>.<key>`.
    Event,
    /// A request to one service, on `commands.<service>.<verb>.<key>`.
    Command,
}

/// A message whose descriptor is at hand.
pub trait Described: prost::Message + prost::Name + Default + 'static {
    /// The protos that it was compiled with.
    fn contracts() -> &'static Contracts;
}

/// A message that travels on a log: one with the `contract` option.
pub trait Contract: Described {
    /// `order.placed`; for commands `inventory.reserve`.
    const TYPE: &'static str;
    /// The full Protobuf name, e.g. `bakery.v1.BreadBaked`.
    const SCHEMA: &'static str;
    /// Event or command.
    const KIND: Kind;
    /// What the key names: `order`, `product`, `user`.
    const AGGREGATE: &'static str;

    /// The id of the aggregate it is about.
    fn key(&self) -> &str;

    /// From its oldest version to this one, a step each.
    fn steps() -> &'static [Step] {
        &[]
    }
}
