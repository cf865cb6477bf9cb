//! What users did -> what those see who follow them. Unfollowing is nobody's news.

use std::marker::PhantomData;

use catalogue::Contract;
use contracts_achievements::v1::AchievementUnlocked;
use contracts_social::v1::{Commented, Followed, Liked};
use contracts_workouts::v1::{WorkoutCompleted, WorkoutProcessed};
use delivery::{Handler, Received};
use messaging::{Done, Failure, Outcome};
use store::Work;

use crate::domain::{Activity, Target};
use crate::store::activities;
use crate::wire;

/// An event that feeds show.
pub(crate) trait Told: Contract {
    fn activity(&self) -> Result<Activity, Failure>;
}

/// Notes one type of event.
pub(crate) struct Note<T>(PhantomData<fn() -> T>);

impl<T> Note<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Told> Handler for Note<T> {
    type Input = T;

    async fn handle(&self, event: Received<T>, work: &mut Work) -> Outcome {
        let activity = event.activity()?;
        activities::add(work, event.envelope(), &activity).await?;
        Ok(Done)
    }
}

impl Told for WorkoutCompleted {
    fn activity(&self) -> Result<Activity, Failure> {
        Ok(Activity::workout(&self.user_id, &self.workout_id))
    }
}

impl Told for WorkoutProcessed {
    fn activity(&self) -> Result<Activity, Failure> {
        Ok(Activity::workout(&self.user_id, &self.workout_id))
    }
}

impl Told for AchievementUnlocked {
    fn activity(&self) -> Result<Activity, Failure> {
        let target = Target::achievement(&self.achievement_id, &self.user_id);
        Ok(Activity::on(&self.user_id, target).saying(&self.achievement_name))
    }
}

impl Told for Followed {
    fn activity(&self) -> Result<Activity, Failure> {
        Ok(Activity::on(&self.user_id, wire::target_told(self.target.as_ref())?))
    }
}

impl Told for Liked {
    fn activity(&self) -> Result<Activity, Failure> {
        Ok(Activity::on(&self.user_id, wire::target_told(self.target.as_ref())?))
    }
}

impl Told for Commented {
    fn activity(&self) -> Result<Activity, Failure> {
        Ok(Activity::on(&self.user_id, wire::target_told(self.target.as_ref())?).saying(&self.text))
    }
}
