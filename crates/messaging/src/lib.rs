//! What travels between services, and the port to the broker that carries it.
//!
//! An [`Envelope`] is an event or a command with its metadata; [`headers`] is its CloudEvents form on the wire. A [`Broker`] keeps
//! streams; [`memory::MemoryBroker`] does it in this process, `messaging-nats` with JetStream, and both pass the suite of the test kit.

mod broker;
mod envelope;
pub mod headers;
pub mod memory;
mod outcome;
mod partition;
mod topology;

pub use broker::{
    Answer, Broker, BrokerError, Expect, Incoming, Outgoing, PublishAck, PublishError, Published, ReadFrom, Reader, ReaderSpec, Responder,
    StreamState,
};
pub use envelope::{Cause, Envelope, PROTOBUF, root_id};
pub use headers::{Headers, get as get_header};
pub use outcome::{Done, Failure, Outcome};
pub use partition::{PARTITIONS, partition_of};
pub use topology::{ALL_EVENTS, DEAD, INGEST, Kind, StreamSpec, Writers, stream_of, streams, subject_of};
