#![doc = include_str!("../README.md")]

mod broker;
mod envelope;
pub mod follow_on;
pub mod headers;
mod lines;
pub mod memory;
mod objects;
mod outcome;
mod partition;
mod topology;

pub use broker::{
    Answer, Broker, BrokerError, Expect, Incoming, Outgoing, PublishAck, PublishError, Published, PublishedRun, ReadFrom, Reader,
    ReaderSpec, Responder, RunAck, StreamState, publish_one_by_one,
};
pub use envelope::{Cause, Envelope, MAX_PAYLOAD, PROTOBUF, root_id};
pub use headers::{Headers, Lines, get as get_header};
pub use objects::{Content, ObjectError, ObjectInfo, ObjectStore};
pub use outcome::{Done, Failure, Outcome};
pub use partition::{PARTITIONS, partition_of};
pub use topology::{ALL_EVENTS, DEAD, INGEST, Kind, StreamSpec, Writers, is_token, stream_of, streams, subject_of};
