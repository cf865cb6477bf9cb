//! What may be done to a workout. Given what is known and what is said, each answers the workout as it stands then, or why not.

use super::facts::Facts;
use super::heart::Heart;
use super::metrics::Metrics;
use super::recording::{Reason, Recording};
use super::workout::{Data, Recorded, Status, Workout};

/// Why something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nobody ever heard of it.
    #[error("there is no such workout")]
    Unknown,
    /// It was deleted, and that is for good.
    #[error("the workout was deleted")]
    Deleted,
    /// It was started before.
    #[error("the workout was started before")]
    Started,
    /// It was completed before, with other words.
    #[error("the workout was completed before; update it to correct it")]
    Completed,
    /// It cannot have ended then.
    #[error("ended_at is before started_at")]
    EndsBeforeItStarts,
}

/// The workout as it stands then; `None` = nothing changes.
pub type Decision = Result<Option<Workout>, Rejection>;

/// Somebody begins.
pub fn start(existing: Option<&Workout>, told: Facts) -> Decision {
    match existing {
        None => Ok(Some(Workout { told, ..Workout::default() })),
        Some(workout) if workout.status == Status::Deleted => Err(Rejection::Deleted),
        Some(workout) if workout.told == told => Ok(None),
        // An upload, or a correction by hand, was faster.
        Some(workout) if workout.told == Facts::default() => Ok(Some(Workout { told, ..workout.clone() })),
        Some(_) => Err(Rejection::Started),
    }
}

/// Somebody is done. What is not said is as it was at the start; the first word counts.
pub fn complete(existing: Option<&Workout>, told: &Facts, heart_rate_bpm: Vec<u32>) -> Decision {
    let before = existing.cloned().unwrap_or_default();
    let told = told.or(&before.told);
    if told.started_at_us.zip(told.ended_at_us).is_some_and(|(started, ended)| ended < started) {
        return Err(Rejection::EndsBeforeItStarts);
    }
    match before.status {
        Status::Deleted => Err(Rejection::Deleted),
        _ if before.told_completed && before.told == told && before.heart_rate_bpm == heart_rate_bpm => Ok(None),
        _ if before.told_completed => Err(Rejection::Completed),
        _ => Ok(Some(Workout { status: Status::Completed, told_completed: true, told, heart_rate_bpm, ..before })),
    }
}

/// Somebody knows better. By hand that may come before the workout itself.
pub fn correct(existing: Option<&Workout>, corrected: &Facts) -> Decision {
    let before = existing.cloned().unwrap_or_default();
    if before.status == Status::Deleted {
        return Err(Rejection::Deleted);
    }
    let after = Workout { corrected: corrected.or(&before.corrected), ..before };
    let facts = after.facts();
    if facts.started_at_us.zip(facts.ended_at_us).is_some_and(|(started, ended)| ended < started) {
        return Err(Rejection::EndsBeforeItStarts);
    }
    Ok((existing != Some(&after)).then_some(after))
}

/// It does not count any more. What is known of it goes, so that what comes late finds the mark only.
pub fn delete(existing: Option<&Workout>) -> Decision {
    match existing.map(|workout| workout.status) {
        Some(Status::Deleted) => Ok(None),
        _ => Ok(Some(Workout { status: Status::Deleted, ..Workout::default() })),
    }
}

/// A recording is kept and will be read.
pub fn upload(existing: Option<&Workout>, data: Data) -> Decision {
    let before = existing.cloned().unwrap_or_default();
    match before.status {
        Status::Deleted => Err(Rejection::Deleted),
        _ if before.data.as_ref().is_some_and(|known| known.sha256 == data.sha256) => Ok(None),
        _ => Ok(Some(Workout { data: Some(data), refusal: String::new(), ..before })),
    }
}

/// A recording was read: from now on the workout counts, as it was recorded.
pub fn record(existing: Option<&Workout>, data: Data, recording: &Recording, time_zone: Option<String>, heart: Heart) -> Decision {
    let before = existing.cloned().unwrap_or_default();
    if before.status == Status::Deleted {
        return Err(Rejection::Deleted);
    }
    let metrics = Metrics::of_recording(recording, heart);
    let facts = Facts {
        kind: recording.kind.clone(),
        started_at_us: recording.span_us().map(|(first, _)| first),
        ended_at_us: recording.span_us().map(|(_, last)| last),
        duration_s: metrics.elapsed_s,
        distance_m: metrics.distance_m,
        calories_kcal: metrics.calories_kcal,
        time_zone,
        title: None,
    };
    let recorded = Some(Recorded { facts, metrics });
    Ok(Some(Workout { status: Status::Completed, recorded, data: Some(data), refusal: String::new(), ..before }))
}

/// A recording cannot be used. An earlier one stays in force; a workout of which nothing else is known does not come to be.
pub fn refuse(existing: Option<&Workout>, data: Data, reason: Reason) -> Decision {
    match existing {
        None => Ok(None),
        Some(workout) if workout.status == Status::Deleted => Err(Rejection::Deleted),
        Some(workout) => Ok(Some(Workout { data: Some(data), refusal: reason.as_str().to_owned(), ..workout.clone() })),
    }
}
