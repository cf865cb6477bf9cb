//! Something a user did, as those who follow them see it.

use super::Target;

/// What a feed shows of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Who did it.
    pub user_id: String,
    /// What it is about.
    pub target: Target,
    /// What they said; empty where nothing was said.
    pub text: String,
    /// Whether other events may tell of the same thing.
    is_a_workout: bool,
}

impl Activity {
    /// Somebody's own workout.
    pub fn workout(user_id: &str, workout_id: &str) -> Self {
        Self { is_a_workout: true, ..Self::on(user_id, Target::workout(workout_id, user_id)) }
    }

    /// Something done to `target`.
    pub fn on(user_id: &str, target: Target) -> Self {
        Self { user_id: user_id.to_owned(), target, text: String::new(), is_a_workout: false }
    }

    /// With what was said.
    pub fn saying(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }

    /// What is one thing in a feed: a workout, however many events tell of it, else the event.
    pub fn about(&self, event_id: &str) -> String {
        if self.is_a_workout { format!("workout/{}", self.target.id) } else { format!("event/{event_id}") }
    }
}
