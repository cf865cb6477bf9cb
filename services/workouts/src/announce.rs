//! What this service says: events that follow from a change, and events that are the change.

use catalogue::Contract;
use contracts_workouts::v1 as events;
use messaging::{Cause, Envelope, PROTOBUF, headers};
use store::Work;

use crate::domain::{Status, Workout};
use crate::store::Who;
use crate::wire;

/// On events whose effect was committed with them: who tells by hand has none of it yet.
const APPLIED: &str = "appliedby";

/// Says what a call has changed. The same types come by hand, and are applied when they are read: this one was.
pub fn applied<C: Contract>(work: &mut Work, cause: &Cause, event: &C) {
    let envelope = Envelope {
        id: String::new(),
        type_: C::TYPE.to_owned(),
        kind: C::KIND,
        source: work.service().to_owned(),
        key: event.key().to_owned(),
        aggregate_type: C::AGGREGATE.to_owned(),
        time_us: work.now_us(),
        schema: C::full_name(),
        content_type: PROTOBUF.to_owned(),
        correlation_id: cause.correlation_id.clone(),
        causation_id: cause.causation_id.clone(),
        sequence: 0,
        position: 0,
        trace: cause.trace.clone(),
        extensions: [(APPLIED.to_owned(), work.service().to_owned())].into(),
        payload: event.encode_to_vec().into(),
    };
    work.emit_envelope(cause, envelope, None);
}

/// Whether it was.
pub fn was_applied(envelope: &Envelope) -> bool {
    envelope.extensions.contains_key(APPLIED)
}

/// `workout.processed`, if what a workout that counts amounts to is another thing now.
pub fn if_different(work: &mut Work, cause: &Cause, who: &Who, before: Option<&Workout>, after: &Workout) {
    let said = |workout: &Workout| {
        let facts = workout.facts();
        (workout.status, workout.metrics.clone(), facts.kind, facts.started_at_us, facts.ended_at_us, facts.time_zone)
    };
    if after.status != Status::Completed || before.map(said) == Some(said(after)) {
        return;
    }
    let facts = after.facts();
    let processed = events::WorkoutProcessed {
        user_id: who.user_id.clone(),
        workout_id: who.workout_id.clone(),
        metrics: after.metrics.as_ref().map(wire::metrics),
        r#type: facts.kind.unwrap_or_default(),
        started_at: facts.started_at_us.map(headers::timestamp),
        ended_at: facts.ended_at_us.map(headers::timestamp),
        time_zone: facts.time_zone.unwrap_or_default(),
    };
    work.emit(cause, &processed);
}
