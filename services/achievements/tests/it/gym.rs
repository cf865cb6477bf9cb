//! Achievements with everybody beside it who says something, and what is seen from outside.

use std::collections::HashMap;

use catalogue::Contract;
use contracts_achievements::v1::achievement_service_client::AchievementServiceClient;
use contracts_achievements::v1::{
    AchievementUnlocked, CreateRuleRequest, GetStreakRequest, ListProgressRequest, ListUnlockedRequest, Progress, Rule, RuleKind, Unlock,
};
use contracts_social::v1::{Target, TargetKind};
use contracts_workouts::v1::WorkoutCompleted;
use prost::Message;
use prost_types::Timestamp;
use service_host::Service;
use service_host::config::Config;
use store::params;
use testkit::{Database, Process, SOON, Watch, eventually};
use tonic::Status;
use tonic::transport::Channel;

pub struct Gym {
    pub process: Process,
    /// Everything that this service announces.
    pub watch: Watch,
}

impl Gym {
    pub async fn open(database: Database) -> Self {
        let services = |config: &Config| {
            let others = ["workouts", "users", "social"].map(Service::new);
            others.into_iter().chain([achievements::service(config)]).collect()
        };
        let process = Process::of(
            &[
                &contracts_achievements::CONTRACTS,
                &contracts_social::CONTRACTS,
                &contracts_users::CONTRACTS,
                &contracts_workouts::CONTRACTS,
            ],
            services,
        )
        .on(database)
        .start()
        .await;
        let watch = process.watch("events.achievement.>").await;
        Self { process, watch }
    }

    pub fn client(&self) -> AchievementServiceClient<Channel> {
        AchievementServiceClient::new(self.process.channel())
    }

    pub async fn workout(&self, workout: WorkoutCompleted) {
        self.process.emit("workouts", workout).await;
    }

    pub async fn progress(&self, user_id: &str, rule_id: &str) -> Progress {
        let request = ListProgressRequest { user_id: user_id.into(), page_size: 1_000, page_token: String::new() };
        let all = self.client().list_progress(request).await.expect("an answer").into_inner().progress;
        all.into_iter().find(|progress| progress.rule_id == rule_id).expect("an active rule")
    }

    /// Waits until a user is so far with a rule.
    pub async fn reaches(&self, user_id: &str, rule_id: &str, current: f64) -> Progress {
        eventually(SOON * 2, || async { Some(self.progress(user_id, rule_id).await).filter(|progress| progress.current == current) }).await
    }

    pub async fn unlocked(&self, user_id: &str) -> Vec<Unlock> {
        let request = ListUnlockedRequest { user_id: user_id.into(), page_size: 1_000, page_token: String::new() };
        self.client().list_unlocked(request).await.expect("an answer").into_inner().unlocked
    }

    /// Current streak, best streak, latest day.
    pub async fn streak(&self, user_id: &str) -> (u32, u32, String) {
        let request = GetStreakRequest { user_id: user_id.into() };
        let streak = self.client().get_streak(request).await.expect("an answer").into_inner().streak.expect("a streak");
        (streak.current, streak.best, streak.last_day)
    }

    /// Waits for such a streak.
    pub async fn streak_is(&self, user_id: &str, current: u32, best: u32, last_day: &str) {
        let wanted = (current, best, last_day.to_owned());
        eventually(SOON, || async { (self.streak(user_id).await == wanted).then_some(()) }).await;
    }

    pub async fn create(&self, rule: Rule) -> Result<Rule, Status> {
        let request = CreateRuleRequest { rule: Some(rule), request_id: None };
        Ok(self.client().create_rule(request).await?.into_inner().rule.expect("a rule"))
    }

    /// How often each user is told of this achievement in this service's log.
    pub async fn everybody_told(&self, achievement_id: &str) -> HashMap<String, usize> {
        let sql = "SELECT payload FROM events WHERE type = 'achievement.unlocked'";
        let rows = self.process.store("achievements").rows(sql, params![]).await.expect("a log");
        let mut told = HashMap::new();
        for row in rows {
            let unlocked = AchievementUnlocked::decode(row.get::<Vec<u8>>("payload").expect("a body").as_slice()).expect("an unlock");
            if unlocked.achievement_id == achievement_id {
                *told.entry(unlocked.user_id).or_default() += 1;
            }
        }
        told
    }

    /// How often this user is.
    pub async fn told(&self, user_id: &str, achievement_id: &str) -> usize {
        self.everybody_told(achievement_id).await.get(user_id).copied().unwrap_or(0)
    }

    /// Says many things at once.
    pub async fn say<C: Contract>(&self, service: &str, all: impl IntoIterator<Item = C>) {
        self.process.emit_all(service, all.into_iter().collect()).await;
    }
}

/// Five kilometres and 320 kcal, at `2026-11-20T06:30:00Z` and the like.
pub fn completed(user_id: &str, workout_id: &str, at: &str) -> WorkoutCompleted {
    WorkoutCompleted {
        user_id: user_id.into(),
        workout_id: workout_id.into(),
        started_at: Some(moment(at)),
        duration_s: Some(1_800.0),
        distance_m: Some(5_000.0),
        calories_kcal: Some(320.0),
        ..WorkoutCompleted::default()
    }
}

pub fn moment(at: &str) -> Timestamp {
    at.parse().expect("a moment")
}

pub fn target(kind: TargetKind, id: &str, owner_id: &str) -> Option<Target> {
    Some(Target { kind: kind.into(), id: id.into(), owner_id: owner_id.into() })
}

pub fn rule(rule_id: &str, kind: RuleKind, target: f64) -> Rule {
    Rule { rule_id: rule_id.into(), name: rule_id.to_uppercase(), icon: "🏅".into(), kind: kind.into(), target, ..Rule::default() }
}
