//! What people did -> their counts, and what of it is an achievement. Many events in a handful of statements.

use std::sync::Arc;

use delivery::{EnvelopeHandler, process_span};
use messaging::{Cause, Done, Envelope, Outcome};
use store::{StoreError, Work};
use telemetry::TraceContext;

use super::ACTOR;
use super::changes::{Concern, changes};
use crate::announce::announce;
use crate::store::{Book, rules};

/// Counts every event of the streams that it reads, for everybody whom it concerns.
pub struct Count;

impl EnvelopeHandler for Count {
    async fn handle(&self, batch: &[Arc<Envelope>], work: &mut Work) -> Vec<Outcome> {
        let mut heard = Vec::with_capacity(batch.len());
        for envelope in batch {
            match changes(envelope) {
                Ok(concerns) => heard.push((envelope.as_ref(), concerns)),
                Err(failure) => {
                    let mut outcomes: Vec<Outcome> = vec![Ok(Done); heard.len()];
                    outcomes.push(Err(failure));
                    return outcomes;
                }
            }
        }
        heard.retain(|(_, concerns)| !concerns.is_empty());
        match count(&heard, work).await {
            Ok(()) => vec![Ok(Done); batch.len()],
            Err(error) => vec![Err(error.into())],
        }
    }
}

async fn count(heard: &[(&Envelope, Vec<Concern>)], work: &mut Work) -> Result<(), StoreError> {
    if heard.is_empty() {
        return Ok(());
    }
    let mut book = Book::open(work, heard.iter().flat_map(|(_, concerns)| concerns)).await?;
    // Only now, with everybody's row locked: a rule that is added later will find what is written here.
    let rules = rules::active(work).await?;
    for (envelope, concerns) in heard {
        let cause = cause(envelope);
        for (user_id, change) in concerns {
            let person = book.person(user_id);
            person.apply(change);
            for news in person.judge(&rules) {
                announce(work, &cause, user_id, &news);
            }
        }
    }
    book.close(work).await
}

/// What follows belongs to a span of this service where the trace is recorded.
fn cause(envelope: &Envelope) -> Cause {
    let mut cause = envelope.cause(ACTOR);
    let span = process_span(envelope, ACTOR);
    if !span.is_disabled() {
        cause.trace = TraceContext::of(&span);
    }
    cause
}
