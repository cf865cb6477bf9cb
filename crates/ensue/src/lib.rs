#![doc = include_str!("../README.md")]

pub use catalogue::{
    CONTRACTS, Catalogue, Contract, Contracts, Described, Entry, Faults, Kind, NotUpcast, Schemas, Step, Upcast, Violation, check,
    contracts, events, is_key, options, platform, system, types,
};
pub use delivery::{
    BatchHandler, Consumer, EnvelopeHandler, ForeignSource, Handler, Intent, IntentHandler, Mode, Planned, Policy, Received, TimerHandler,
    decode, intend, intend_all, to_json,
};
pub use messaging::{Cause, Content, Done, Envelope, Failure, ObjectError, ObjectInfo, ObjectStore, Outcome, root_id, stream_of};
pub use service_host::config::{self, Config, Sections, Settings};
pub use service_host::{Context, Refusal, Service, command, page, status};
pub use store::{Clock, FromColumn, Migration, Params, Row, Store, StoreError, Value, Work, params};
pub use {prost, prost_types, tonic};

/// Sagas: steps that are undone in reverse when one fails.
pub use ::saga;

/// A whole process under test.
#[cfg(feature = "testkit")]
pub use ::testkit;

/// Times as Protobuf has them, in microseconds since 1970 UTC and back.
pub mod time {
    pub use messaging::headers::{micros, timestamp};
}

/// Timers of a consumer's own, set in its transaction.
pub mod timers {
    pub use store::timers::{Timer, cancel, cancel_all, set, set_all};
}

// Generated code looks for it here.
#[doc(hidden)]
pub use tonic_prost;
