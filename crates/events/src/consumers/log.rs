//! Keeps every event and every command.

use std::sync::Arc;

use ::store::Work;
use delivery::EnvelopeHandler;
use messaging::{Done, Envelope, Failure, Outcome};

use crate::store;

/// Into the log, many at a time.
pub(crate) struct Log;

impl EnvelopeHandler for Log {
    async fn handle(&self, batch: &[Arc<Envelope>], work: &mut Work) -> Vec<Outcome> {
        match store::insert(work, batch).await {
            Ok(()) => {
                // Those who tail look once this is committed.
                work.poke("log");
                vec![Ok(Done); batch.len()]
            }
            Err(error) => vec![Err(Failure::from(error))],
        }
    }
}
