//! What is done to a workout that is there already, be it corrected or deleted.

use catalogue::Contract;
use messaging::Cause;
use service_host::Refusal;
use store::Work;

use super::Book;
use crate::announce::applied;
use crate::domain::{Decision, Heart, Rejection, Workout};
use crate::store::Who;
use crate::wire;

/// Decides, writes and announces in one; where nothing changes nothing is said. NOT_FOUND for one that nobody heard of.
pub(super) async fn amend<E: Contract>(
    work: &mut Work,
    cause: &Cause,
    who: &Who,
    heart: Heart,
    decide: impl FnOnce(Option<&Workout>) -> Decision + Send,
    event: &E,
) -> Result<Book, Refusal> {
    let refused = |rejection| wire::refused(rejection, &who.workout_id);
    let mut book = Book::of(work, who, heart).await?;
    if book.workout(who).is_none() {
        return Err(refused(Rejection::Unknown).into());
    }
    if let Some(workout) = decide(book.workout(who)).map_err(refused)? {
        applied(work, cause, event);
        book.change(work, cause, who, workout);
        book.close(work).await?;
    }
    Ok(book)
}
