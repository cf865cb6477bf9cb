//! The `samples` and `laps` tables. Samples are always read as a whole and in order, so they are kept in runs: a row each would be ten times the
//! statements, and nobody would ask for one.

use contracts_workouts::v1 as wire;
use prost::Message;
use store::{Store, StoreError, Work, params};

use super::Who;
use crate::domain::Recording;
use crate::wire::{lap, sample};

/// Samples of one row.
const RUN: usize = 512;
/// Rows that are held at a time while they are written.
const ROWS: usize = 64;

/// Replaces the samples and laps of a workout.
pub async fn put_series(work: &mut Work, who: &Who, recording: &Recording) -> Result<(), StoreError> {
    forget_series(work, who).await?;
    let fixed = || params![&who.user_id, &who.workout_id];
    let runs: Vec<_> = recording.samples.chunks(RUN).zip((0_u64..).step_by(RUN)).collect();
    for some in runs.chunks(ROWS) {
        let rows = some.iter().map(|(run, first)| params![*first, encoded(run.iter().map(sample))]).collect();
        work.over_rows("INSERT INTO samples (user_id, workout_id, first, samples) VALUES {rows}", "($1, $2, ?1, ?2)", fixed(), rows)
            .await?;
    }
    let laps = recording.laps.iter().zip(1_u32..).map(|(it, number)| params![number, lap(it, number).encode_to_vec()]).collect();
    work.over_rows("INSERT INTO laps (user_id, workout_id, number, lap) VALUES {rows}", "($1, $2, ?1, ?2)", fixed(), laps).await?;
    Ok(())
}

/// Removes them.
pub async fn forget_series(work: &mut Work, who: &Who) -> Result<(), StoreError> {
    for sql in ["DELETE FROM samples WHERE user_id = $1 AND workout_id = $2", "DELETE FROM laps WHERE user_id = $1 AND workout_id = $2"] {
        work.execute(sql, params![&who.user_id, &who.workout_id]).await?;
    }
    Ok(())
}

/// All samples of a workout, in the order of time.
pub async fn samples(store: &Store, who: &Who) -> Result<Vec<wire::Sample>, StoreError> {
    let sql = "SELECT samples FROM samples WHERE user_id = $1 AND workout_id = $2 ORDER BY first";
    let mut samples = Vec::new();
    for row in store.rows(sql, params![&who.user_id, &who.workout_id]).await? {
        let run: Vec<u8> = row.get("samples")?;
        let mut rest = run.as_slice();
        while !rest.is_empty() {
            samples.push(wire::Sample::decode_length_delimited(&mut rest).map_err(damaged)?);
        }
    }
    Ok(samples)
}

/// Its laps, the first one first.
pub async fn laps(store: &Store, who: &Who) -> Result<Vec<wire::Lap>, StoreError> {
    let sql = "SELECT lap FROM laps WHERE user_id = $1 AND workout_id = $2 ORDER BY number";
    let rows = store.rows(sql, params![&who.user_id, &who.workout_id]).await?;
    rows.iter().map(|row| wire::Lap::decode(row.get::<Vec<u8>>("lap")?.as_slice()).map_err(damaged)).collect()
}

fn encoded(samples: impl Iterator<Item = wire::Sample>) -> Vec<u8> {
    samples.flat_map(|sample| sample.encode_length_delimited_to_vec()).collect()
}

fn damaged(error: prost::DecodeError) -> StoreError {
    StoreError::Refused(format!("samples: {error}"))
}
