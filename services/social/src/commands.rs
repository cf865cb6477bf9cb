//! What people do with each other, one verb a file.

mod comment;
mod follow;
mod like;
mod unfollow;

pub(crate) use comment::comment;
pub(crate) use follow::follow;
pub(crate) use like::like;
pub(crate) use unfollow::unfollow;

use ::store::Work;
use service_host::{Refusal, status};

use crate::domain::Target;
use crate::store::deleted_workouts;

/// NOT_FOUND for a workout that was deleted. Whether the rest is there is not asked: it is others who know.
async fn still_there(work: &mut Work, target: &Target) -> Result<(), Refusal> {
    match deleted_workouts::contains(work, target).await? {
        true => Err(status::not_found("workout", &target.id).into()),
        false => Ok(()),
    }
}
