//! Users with the service beside it whose workouts are counted, and what is seen from outside.

use contracts_users::v1::goal_service_client::GoalServiceClient;
use contracts_users::v1::{AbandonGoalRequest, GetGoalRequest, Goal, GoalAchieved, GoalKind, GoalPeriod, SetGoalRequest};
use contracts_workouts::v1::{Metrics, WorkoutCompleted, WorkoutDeleted, WorkoutProcessed, WorkoutUpdated};
use prost_types::Timestamp;
use service_host::Service;
use testkit::{Database, Process, SOON, Watch, eventually};
use tonic::Status;
use tonic::transport::Channel;

pub const WEEK: i64 = 7 * 86_400;

pub struct House {
    pub process: Process,
    pub watch: Watch,
}

pub fn wish(user: &str, goal: &str, kind: GoalKind, target: f64, period: GoalPeriod) -> SetGoalRequest {
    SetGoalRequest { user_id: user.into(), goal_id: goal.into(), kind: kind.into(), target, period: period.into(), ..Default::default() }
}

/// Ann's, of 5 km.
pub fn run(workout: &str, started_at: Timestamp) -> WorkoutCompleted {
    WorkoutCompleted {
        user_id: "ann".into(),
        workout_id: workout.into(),
        started_at: Some(started_at),
        distance_m: Some(5_000.0),
        ..WorkoutCompleted::default()
    }
}

pub fn processed(workout: &str, started_at: Timestamp, distance_m: f64) -> WorkoutProcessed {
    let metrics = Metrics { distance_m: Some(distance_m), moving_s: Some(1_500.0), elapsed_s: Some(1_800.0), ..Metrics::default() };
    let (user_id, workout_id) = ("ann".into(), workout.into());
    WorkoutProcessed { user_id, workout_id, started_at: Some(started_at), metrics: Some(metrics), ..WorkoutProcessed::default() }
}

pub fn corrected(workout: &str, distance_m: f64) -> WorkoutUpdated {
    WorkoutUpdated { user_id: "ann".into(), workout_id: workout.into(), distance_m: Some(distance_m), ..WorkoutUpdated::default() }
}

pub fn deleted(workout: &str) -> WorkoutDeleted {
    WorkoutDeleted { user_id: "ann".into(), workout_id: workout.into(), deleted_at: None }
}

pub fn later(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp { seconds: time.seconds + seconds, ..time }
}

impl House {
    pub async fn on(database: Database) -> Self {
        let process = Process::of(&[&contracts_users::CONTRACTS, &contracts_workouts::CONTRACTS], |config| {
            vec![Service::new("workouts"), users::service(config)]
        })
        .on(database)
        .start()
        .await;
        let watch = process.watch("events.user.>").await;
        Self { process, watch }
    }

    pub fn client(&self) -> GoalServiceClient<Channel> {
        GoalServiceClient::new(self.process.channel())
    }

    /// In a time zone in which it is about noon now: no period ends while a fact is looked at.
    pub fn at_noon(&self, wish: SetGoalRequest) -> SetGoalRequest {
        let hour = self.process.store("users").clock().now_us().div_euclid(3_600_000_000).rem_euclid(24);
        SetGoalRequest { time_zone: format!("Etc/GMT{:+}", hour - 12), ..wish }
    }

    /// Sets a goal; with it, when that was.
    pub async fn set(&self, wish: SetGoalRequest) -> (Goal, Timestamp) {
        let wish = if wish.time_zone.is_empty() { self.at_noon(wish) } else { wish };
        let goal = self.client().set_goal(wish).await.expect("a goal").into_inner().goal.expect("a goal");
        let created_at = goal.created_at.expect("a time");
        (goal, created_at)
    }

    pub async fn find(&self, goal: &str) -> Result<Goal, Status> {
        let request = GetGoalRequest { user_id: "ann".into(), goal_id: goal.into() };
        Ok(self.client().get_goal(request).await?.into_inner().goal.expect("a goal"))
    }

    pub async fn abandon(&self, goal: &str) -> Result<Goal, Status> {
        let request = AbandonGoalRequest { user_id: "ann".into(), goal_id: goal.into(), request_id: None };
        Ok(self.client().abandon_goal(request).await?.into_inner().goal.expect("a goal"))
    }

    /// Waits until Ann's goal has come so far.
    pub async fn expect_current(&self, goal: &str, current: f64) {
        let there = eventually(SOON * 2, || async { (self.find(goal).await.expect("a goal").current == current).then_some(()) });
        if tokio::time::timeout(SOON, there).await.is_err() {
            assert_eq!(self.find(goal).await.expect("a goal").current, current);
        }
    }

    /// Ann's achievements so far: goal and period.
    pub fn achieved(&self) -> Vec<(String, String)> {
        self.watch.all::<GoalAchieved>("ann").into_iter().map(|event| (event.goal_id, event.period_start)).collect()
    }
}
