//! The port to the carrier: two calls, idempotent by key.

use futures::future::BoxFuture;

use crate::domain::{Address, Line};

/// What the carrier is to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consignment {
    pub order_id: String,
    pub lines: Vec<Line>,
    pub address: Address,
}

/// The carrier's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The carrier's number.
    pub tracking_number: String,
}

/// Everything but a yes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// A final no.
    #[error("the carrier refused: {reason}")]
    Refused { reason: String },
    /// No answer in time: it may or may not have happened. The same call again is safe.
    #[error("the carrier did not answer in time")]
    Timeout,
    /// It did not happen; later it may.
    #[error("the carrier is unavailable: {0}")]
    Unavailable(String),
}

/// A carrier. A key stands for one booking for ever: the same call again gets the first answer.
pub trait Carrier: Send + Sync {
    /// Books the transport.
    fn book<'a>(&'a self, key: &'a str, consignment: &'a Consignment) -> BoxFuture<'a, Result<Booking, CarrierError>>;

    /// Takes a booking back; one that is unknown or taken back already is fine.
    fn cancel<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), CarrierError>>;
}
