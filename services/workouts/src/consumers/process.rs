//! `workout.data_uploaded` -> `workout.processed` and `workout.analysis_requested`, or `workout.data_refused`.
//!
//! A handler does no I/O: it writes down that the file is to be read.

use contracts_workouts::v1::WorkoutDataUploaded;
use delivery::{Handler, Received, intend};
use messaging::{Done, Failure, Outcome};
use store::Work;

use crate::outside::{Call, Read};
use crate::store::Who;
use crate::wire;

/// Has recordings read, each once.
pub struct Process;

impl Handler for Process {
    type Input = WorkoutDataUploaded;

    async fn handle(&self, event: Received<WorkoutDataUploaded>, work: &mut Work) -> Outcome {
        let data = event.data.clone().ok_or_else(|| Failure::dead("data: must be given"))?;
        let call = Call {
            who: Who { user_id: event.user_id.clone(), workout_id: event.workout_id.clone() },
            data: wire::data_read(data),
            time_zone: wire::said(&event.time_zone),
        };
        let lane = format!("{}/{}", event.user_id, event.workout_id);
        intend::<Read>(work, &event.envelope().id, &lane, &call, event.cause()).await?;
        Ok(Done)
    }
}
