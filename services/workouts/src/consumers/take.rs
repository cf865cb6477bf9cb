//! `workout.started`, `.completed`, `.updated` and `.deleted` by hand. Those that calls have told are applied already.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use catalogue::Contract;
use contracts_workouts::v1::{WorkoutCompleted, WorkoutDeleted, WorkoutStarted, WorkoutUpdated};
use delivery::{BatchHandler, Received};
use messaging::{Done, Outcome};
use store::Work;

use crate::announce::was_applied;
use crate::commands::Book;
use crate::domain::{self, Decision, Facts, Heart, Rejection, Workout};
use crate::store::Who;
use crate::wire;

/// What can be told by hand.
pub trait Told: Contract {
    /// Of which workout.
    fn who(&self) -> Who;
    /// What that makes of it.
    fn decide(&self, existing: Option<&Workout>) -> Decision;
}

/// Takes what was told, many in a few statements.
pub struct Take<T> {
    heart: Heart,
    told: PhantomData<fn() -> T>,
}

impl<T> Take<T> {
    /// Loads are computed for such hearts.
    pub fn new(heart: Heart) -> Self {
        Self { heart, told: PhantomData }
    }
}

impl<T: Told> BatchHandler for Take<T> {
    type Input = T;

    async fn handle(&self, batch: &[Received<T>], work: &mut Work) -> Vec<Outcome> {
        let told: Vec<&Received<T>> = batch.iter().filter(|event| !was_applied(event.envelope())).collect();
        let mut book = match Book::open(work, &told.iter().map(|event| event.who()).collect::<BTreeSet<Who>>(), self.heart).await {
            Ok(book) => book,
            Err(error) => return vec![Err(error.into())],
        };
        for event in told {
            take(work, &mut book, event);
        }
        match book.close(work).await {
            Ok(()) => batch.iter().map(|_| Ok(Done)).collect(),
            Err(error) => vec![Err(error.into())],
        }
    }
}

/// What cannot be is passed over: it was told to everybody already, so to hold it back here would only hold back what follows.
fn take<T: Told>(work: &mut Work, book: &mut Book, event: &Received<T>) {
    let who = event.who();
    match event.decide(book.workout(&who)) {
        Ok(Some(after)) => book.change(work, event.cause(), &who, after),
        Ok(None) => {}
        // A repeat, or something late: the first word counts, and a deletion is for good.
        Err(rejection) => tracing::debug!(who.user_id, who.workout_id, type_ = T::TYPE, %rejection, "passed over"),
    }
}

/// By hand nobody can be told no: where the times contradict what is known the rest is taken, as others who heard of it do.
fn correct(existing: Option<&Workout>, it: &WorkoutUpdated) -> Decision {
    let corrected = wire::updated(it);
    match domain::correct(existing, &corrected) {
        Err(rejection @ Rejection::EndsBeforeItStarts) => {
            tracing::warn!(it.user_id, it.workout_id, %rejection, "the times of a correction are passed over");
            domain::correct(existing, &Facts { started_at_us: None, ended_at_us: None, ..corrected })
        }
        decision => decision,
    }
}

macro_rules! told {
    ($($message:ident |$it:ident, $existing:ident| $decision:expr;)*) => {
        $(
            impl Told for $message {
                fn who(&self) -> Who {
                    Who { user_id: self.user_id.clone(), workout_id: self.workout_id.clone() }
                }

                fn decide(&self, $existing: Option<&Workout>) -> Decision {
                    let $it = self;
                    $decision
                }
            }
        )*
    };
}

told! {
    WorkoutStarted |it, existing| domain::start(existing, wire::started(it));
    WorkoutCompleted |it, existing| domain::complete(existing, &wire::completed(it), it.heart_rate_bpm.clone());
    WorkoutUpdated |it, existing| correct(existing, it);
    WorkoutDeleted |_it, existing| domain::delete(existing);
}
