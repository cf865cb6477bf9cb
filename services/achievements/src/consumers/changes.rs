//! From an event to what it changes, for whom: a follow or a like is two people's matter.

use catalogue::Contract as _;
use contracts_social::v1::{Followed, Liked, Target, TargetKind, Unfollowed};
use contracts_users::v1::{GoalAchieved, UserProfileUpdated, UserRegistered};
use contracts_workouts::v1::{WorkoutCompleted, WorkoutDataUploaded, WorkoutDeleted, WorkoutProcessed, WorkoutUpdated};
use delivery::decode;
use messaging::headers::micros;
use messaging::{Envelope, Failure};

use crate::domain::{Change, Mark, Report, thousandths, zone_name};

/// A change, and whose it is.
pub type Concern = (String, Change);

/// What an event changes; nothing for types of no interest here.
pub fn changes(envelope: &Envelope) -> Result<Vec<Concern>, Failure> {
    Ok(match envelope.type_.as_str() {
        WorkoutCompleted::TYPE => {
            let it: WorkoutCompleted = decode(envelope)?;
            let report = told(it.started_at.as_ref().map(micros), it.distance_m, it.calories_kcal, &it.time_zone);
            vec![workout(it.user_id, it.workout_id, Report { done: true, ..report })]
        }
        WorkoutProcessed::TYPE => {
            let it: WorkoutProcessed = decode(envelope)?;
            let metrics = it.metrics.unwrap_or_default();
            let report = told(it.started_at.as_ref().map(micros), metrics.distance_m, metrics.calories_kcal, &it.time_zone);
            vec![workout(it.user_id, it.workout_id, Report { done: true, corrects: true, ..report })]
        }
        WorkoutDataUploaded::TYPE => {
            let it: WorkoutDataUploaded = decode(envelope)?;
            vec![workout(it.user_id, it.workout_id, Report { uploaded: true, ..in_zone(&it.time_zone) })]
        }
        WorkoutUpdated::TYPE => {
            let it: WorkoutUpdated = decode(envelope)?;
            let report = told(it.started_at.as_ref().map(micros), it.distance_m, it.calories_kcal, it.time_zone());
            vec![workout(it.user_id, it.workout_id, Report { corrects: true, ..report })]
        }
        WorkoutDeleted::TYPE => {
            let it: WorkoutDeleted = decode(envelope)?;
            vec![workout(it.user_id, it.workout_id, Report { deleted: true, ..Report::default() })]
        }
        GoalAchieved::TYPE => {
            let it: GoalAchieved = decode(envelope)?;
            vec![(it.user_id, Change::Set { mark: Mark::Goal, item: format!("{}/{}", it.goal_id, it.period_start) })]
        }
        UserRegistered::TYPE => {
            let it: UserRegistered = decode(envelope)?;
            lives(it.user_id, &it.time_zone)
        }
        UserProfileUpdated::TYPE => {
            let it: UserProfileUpdated = decode(envelope)?;
            lives(it.user_id, &it.time_zone)
        }
        Followed::TYPE => {
            let it: Followed = decode(envelope)?;
            follow(it.user_id, it.target, |mark, item| Change::Set { mark, item })
        }
        Unfollowed::TYPE => {
            let it: Unfollowed = decode(envelope)?;
            follow(it.user_id, it.target, |mark, item| Change::Unset { mark, item })
        }
        Liked::TYPE => {
            let it: Liked = decode(envelope)?;
            like(it.user_id, it.target)
        }
        _ => Vec::new(),
    })
}

fn workout(user_id: String, id: String, report: Report) -> Concern {
    (user_id, Change::Workout { id, report })
}

fn told(started_at_us: Option<i64>, distance_m: Option<f64>, calories_kcal: Option<f64>, zone: &str) -> Report {
    Report { started_at_us, distance_mm: distance_m.map(thousandths), calories_milli: calories_kcal.map(thousandths), ..in_zone(zone) }
}

/// A name that the database of zones does not have says as little as none.
fn in_zone(name: &str) -> Report {
    Report { zone: zone_name(name).to_owned(), ..Report::default() }
}

fn lives(user_id: String, zone: &str) -> Vec<Concern> {
    match zone_name(zone) {
        "" => Vec::new(),
        zone => vec![(user_id, Change::Zone(zone.to_owned()))],
    }
}

/// Who follows whom; oneself does not count.
fn follow(actor: String, target: Option<Target>, change: impl Fn(Mark, String) -> Change) -> Vec<Concern> {
    let followed = target.unwrap_or_default().id;
    if followed.is_empty() || followed == actor {
        return Vec::new();
    }
    let received = (followed.clone(), change(Mark::FollowReceived, actor.clone()));
    vec![(actor, change(Mark::FollowGiven, followed)), received]
}

/// Who likes what of whom; what is one's own does not count.
fn like(actor: String, target: Option<Target>) -> Vec<Concern> {
    let target = target.unwrap_or_default();
    let kind = target.kind();
    let owner = if kind == TargetKind::User && target.owner_id.is_empty() { target.id.clone() } else { target.owner_id };
    if owner == actor {
        return Vec::new();
    }
    let item = format!("{}/{}", kind.as_str_name(), target.id);
    let received = Change::Set { mark: Mark::LikeReceived, item: format!("{actor}/{item}") };
    let mut both = vec![(actor, Change::Set { mark: Mark::LikeGiven, item })];
    if !owner.is_empty() {
        both.push((owner, received));
    }
    both
}
