//! Social with the services beside it whose events it reads, and what is seen from outside.

use contracts_social::v1::social_service_client::SocialServiceClient;
use contracts_social::v1::{FeedItem, FollowRequest, LikeRequest, ListFeedRequest, Target, TargetKind};
use contracts_workouts::v1::{WorkoutCompleted, WorkoutDeleted};
use service_host::Service;
use testkit::{Database, Process, SOON, Watch, eventually};
use tonic::transport::Channel;

pub struct House {
    pub process: Process,
    pub watch: Watch,
}

pub fn target(kind: TargetKind, id: &str, owner: &str) -> Target {
    Target { kind: kind.into(), id: id.into(), owner_id: owner.into() }
}

pub fn completed(user: &str, workout: &str) -> WorkoutCompleted {
    WorkoutCompleted { user_id: user.into(), workout_id: workout.into(), started_at: Some(Default::default()), ..Default::default() }
}

pub fn deleted(user: &str, workout: &str) -> WorkoutDeleted {
    WorkoutDeleted { user_id: user.into(), workout_id: workout.into(), deleted_at: None }
}

pub fn follow(user: &str, target: &str) -> FollowRequest {
    FollowRequest { user_id: user.into(), target_user_id: target.into(), request_id: None }
}

pub fn like(user: &str, target: Target) -> LikeRequest {
    LikeRequest { user_id: user.into(), target: Some(target), request_id: None }
}

/// What a feed is about, in its order: `workout.completed ann w1`.
pub fn summary(items: &[FeedItem]) -> Vec<String> {
    items.iter().map(|item| format!("{} {} {}", item.r#type, item.user_id, item.target.clone().unwrap_or_default().id)).collect()
}

impl House {
    pub async fn on(database: Database) -> Self {
        let services = |config: &_| vec![Service::new("workouts"), Service::new("achievements"), social::service(config)];
        let process =
            Process::of(&[&contracts_achievements::CONTRACTS, &contracts_social::CONTRACTS, &contracts_workouts::CONTRACTS], services)
                .on(database)
                .start()
                .await;
        let watch = process.watch("events.social.>").await;
        Self { process, watch }
    }

    pub fn client(&self) -> SocialServiceClient<Channel> {
        SocialServiceClient::new(self.process.channel())
    }

    pub async fn follows(&self, user: &str, target: &str) {
        self.client().follow(follow(user, target)).await.expect("a follow");
    }

    pub async fn feed(&self, user: &str) -> Vec<FeedItem> {
        let request = ListFeedRequest { user_id: user.into(), ..ListFeedRequest::default() };
        self.client().list_feed(request).await.expect("a feed").into_inner().items
    }

    /// Waits until the feed is this, newest first.
    pub async fn expect_feed(&self, user: &str, expected: &[&str]) {
        let same = eventually(SOON * 2, || async { (summary(&self.feed(user).await) == expected).then_some(()) });
        if tokio::time::timeout(SOON, same).await.is_err() {
            assert_eq!(summary(&self.feed(user).await), expected);
        }
    }
}
