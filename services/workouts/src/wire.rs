//! Between what travels and what the domain speaks of. Wire types stop here.

use contracts_workouts::v1 as wire;
use messaging::headers;
use service_host::status;
use tonic::Status as Answer;

use crate::domain::{Data, Facts, Format, Lap, Metrics, Rejection, Sample, Status};
use crate::store::Record;

/// A text that says something.
pub fn said(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What is refused, as an answer to a call.
pub fn refused(rejection: Rejection, workout_id: &str) -> Answer {
    let message = rejection.to_string();
    let facts = [("workout_id", workout_id.to_owned())];
    match rejection {
        Rejection::Unknown => status::not_found("workout", workout_id),
        Rejection::Started => status::already_exists("workout", workout_id),
        Rejection::Deleted => status::failed_precondition("WORKOUT_DELETED", &message, facts),
        Rejection::Completed => status::failed_precondition("WORKOUT_COMPLETED", &message, facts),
        Rejection::EndsBeforeItStarts => status::invalid_field("ended_at", "is before started_at"),
    }
}

/// A workout as it is shown.
pub fn workout(record: &Record) -> wire::Workout {
    let (workout, facts) = (&record.workout, record.workout.facts());
    let amounts = workout.metrics.as_ref();
    let shown = match workout.status {
        Status::Started => wire::WorkoutStatus::Started,
        Status::Completed => wire::WorkoutStatus::Completed,
        Status::Deleted => wire::WorkoutStatus::Unspecified,
    };
    wire::Workout {
        workout_id: record.workout_id.clone(),
        user_id: record.user_id.clone(),
        r#type: facts.kind.clone().unwrap_or_default(),
        status: shown.into(),
        started_at: facts.started_at_us.map(headers::timestamp),
        ended_at: facts.ended_at_us.map(headers::timestamp),
        duration_s: amounts.and_then(|amounts| amounts.elapsed_s),
        distance_m: amounts.and_then(|amounts| amounts.distance_m),
        calories_kcal: amounts.and_then(|amounts| amounts.calories_kcal),
        heart_rate_bpm: workout.heart_rate_bpm.clone(),
        metrics: amounts.map(metrics),
        time_zone: facts.time_zone.unwrap_or_default(),
        title: facts.title.unwrap_or_default(),
        data: workout.data.as_ref().map(data),
        created_at: Some(headers::timestamp(record.created_at_us)),
        updated_at: Some(headers::timestamp(record.updated_at_us)),
    }
}

/// Metrics as they travel.
pub fn metrics(metrics: &Metrics) -> wire::Metrics {
    let zones = metrics.zones.iter().zip(1..).map(|(zone, number)| wire::HeartRateZone {
        zone: number,
        from_bpm: zone.from_bpm,
        to_bpm: zone.to_bpm,
        seconds: zone.seconds,
    });
    wire::Metrics {
        elapsed_s: metrics.elapsed_s,
        moving_s: metrics.moving_s,
        distance_m: metrics.distance_m,
        average_heart_rate_bpm: metrics.average_heart_rate_bpm,
        max_heart_rate_bpm: metrics.max_heart_rate_bpm,
        pace_s_per_km: metrics.pace_s_per_km,
        average_speed_mps: metrics.average_speed_mps,
        max_speed_mps: metrics.max_speed_mps,
        elevation_gain_m: metrics.elevation_gain_m,
        calories_kcal: metrics.calories_kcal,
        intensity: metrics.intensity,
        trimp: metrics.trimp,
        zones: zones.collect(),
        samples: metrics.samples,
    }
}

/// A reference as it travels.
pub fn data(data: &Data) -> wire::DataReference {
    let format = match data.format {
        None => wire::DataFormat::Unspecified,
        Some(Format::Fit) => wire::DataFormat::Fit,
        Some(Format::Tcx) => wire::DataFormat::Tcx,
        Some(Format::Gpx) => wire::DataFormat::Gpx,
    };
    wire::DataReference {
        bucket: data.bucket.clone(),
        object: data.object.clone(),
        size: data.size,
        sha256: data.sha256.clone(),
        format: format.into(),
        file_name: data.file_name.clone(),
    }
}

/// A reference that came.
pub fn data_read(data: wire::DataReference) -> Data {
    let format = format_read(data.format());
    Data { bucket: data.bucket, object: data.object, size: data.size, sha256: data.sha256, format, file_name: data.file_name }
}

/// A format that came.
pub fn format_read(format: wire::DataFormat) -> Option<Format> {
    match format {
        wire::DataFormat::Unspecified => None,
        wire::DataFormat::Fit => Some(Format::Fit),
        wire::DataFormat::Tcx => Some(Format::Tcx),
        wire::DataFormat::Gpx => Some(Format::Gpx),
    }
}

/// A sample as it travels, and as it is stored.
pub fn sample(sample: &Sample) -> wire::Sample {
    wire::Sample {
        at: Some(headers::timestamp(sample.at_us)),
        heart_rate_bpm: sample.heart_rate_bpm,
        cadence_rpm: sample.cadence_rpm,
        speed_mps: sample.speed_mps,
        distance_m: sample.distance_m,
        latitude: sample.latitude,
        longitude: sample.longitude,
        altitude_m: sample.altitude_m,
        temperature_c: sample.temperature_c,
        power_w: sample.power_w,
    }
}

/// A lap as it travels.
pub fn lap(lap: &Lap, number: u32) -> wire::Lap {
    wire::Lap {
        number,
        started_at: lap.started_at_us.map(headers::timestamp),
        elapsed_s: lap.elapsed_s,
        distance_m: lap.distance_m,
        average_heart_rate_bpm: lap.average_heart_rate_bpm,
        calories_kcal: lap.calories_kcal,
    }
}

macro_rules! facts {
    ($($message:ident $function:ident),*) => {
        $(
            /// What it says; nothing where a field is empty.
            pub fn $function(it: &wire::$message) -> Facts {
                Facts {
                    kind: said(&it.r#type),
                    started_at_us: it.started_at.as_ref().map(headers::micros),
                    ended_at_us: it.ended_at.as_ref().map(headers::micros),
                    duration_s: it.duration_s,
                    distance_m: it.distance_m,
                    calories_kcal: it.calories_kcal,
                    time_zone: said(&it.time_zone),
                    title: said(&it.title),
                }
            }
        )*
    };
}
facts! { WorkoutCompleted completed, CompleteWorkoutRequest to_complete }

macro_rules! starts {
    ($($message:ident $function:ident),*) => {
        $(
            /// What it says; nothing where a field is empty.
            pub fn $function(it: &wire::$message) -> Facts {
                Facts {
                    kind: said(&it.r#type),
                    started_at_us: it.started_at.as_ref().map(headers::micros),
                    time_zone: said(&it.time_zone),
                    title: said(&it.title),
                    ..Facts::default()
                }
            }
        )*
    };
}
starts! { WorkoutStarted started, StartWorkoutRequest to_start }

/// What a correction says; an empty text stands for itself.
pub fn updated(it: &wire::WorkoutUpdated) -> Facts {
    Facts {
        kind: it.r#type.clone(),
        started_at_us: it.started_at.as_ref().map(headers::micros),
        ended_at_us: it.ended_at.as_ref().map(headers::micros),
        duration_s: it.duration_s,
        distance_m: it.distance_m,
        calories_kcal: it.calories_kcal,
        time_zone: it.time_zone.clone(),
        title: it.title.clone(),
    }
}
