//! Workouts in a process of its own, and what is seen from outside.

use contracts_workouts::v1::upload_workout_data_request::Part;
use contracts_workouts::v1::workout_service_client::WorkoutServiceClient;
use contracts_workouts::v1::{
    GetUserTotalsRequest, GetWorkoutRequest, GetWorkoutResponse, UploadHeader, UploadWorkoutDataRequest, UploadWorkoutDataResponse,
    UserTotals,
};
use testkit::{Database, Process, SOON, Watch, eventually};
use tonic::Status;
use tonic::transport::Channel;

pub const USER: &str = "user-1";

pub struct Club {
    pub process: Process,
    pub watch: Watch,
}

/// A file of `tests/fixtures/workouts`.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/workouts/");
    std::fs::read(format!("{path}{name}")).expect("a fixture")
}

pub fn header(workout: &str, file: &str) -> UploadHeader {
    UploadHeader { user_id: USER.into(), workout_id: workout.into(), file_name: file.into(), ..UploadHeader::default() }
}

/// A header, and the file in chunks.
pub fn parts(header: UploadHeader, file: &[u8]) -> Vec<UploadWorkoutDataRequest> {
    let chunks = file.chunks(100_000).map(|chunk| Part::Chunk(chunk.to_vec().into()));
    [Part::Header(header)].into_iter().chain(chunks).map(|part| UploadWorkoutDataRequest { part: Some(part) }).collect()
}

impl Club {
    pub async fn on(database: Database) -> Self {
        let process = Process::of(&[&contracts_workouts::CONTRACTS], |config| vec![workouts::service(config)]).on(database).start().await;
        let watch = process.watch("events.workout.>").await;
        Self { process, watch }
    }

    pub fn client(&self) -> WorkoutServiceClient<Channel> {
        WorkoutServiceClient::new(self.process.channel())
    }

    /// By hand, as a device's bridge does.
    pub async fn tell(&self, event: &str, body: &str) {
        self.process.publish(&format!("ingest.workout.{event}.{USER}"), body.to_owned()).await;
    }

    pub async fn upload(&self, workout: &str, file: &str) -> Result<UploadWorkoutDataResponse, Status> {
        self.send(parts(header(workout, file), &fixture(file))).await
    }

    pub async fn send(&self, parts: Vec<UploadWorkoutDataRequest>) -> Result<UploadWorkoutDataResponse, Status> {
        let answer = self.client().upload_workout_data(futures::stream::iter(parts)).await;
        answer.map(tonic::Response::into_inner)
    }

    pub async fn find(&self, workout: &str) -> Result<GetWorkoutResponse, Status> {
        let request = GetWorkoutRequest { workout_id: workout.into(), ..GetWorkoutRequest::default() };
        Ok(self.client().get_workout(request).await?.into_inner())
    }

    pub async fn totals(&self) -> UserTotals {
        let request = GetUserTotalsRequest { user_id: USER.into() };
        self.client().get_user_totals(request).await.expect("totals").into_inner().totals.expect("totals")
    }

    /// Waits until there are totals like these: workouts, metres, kilocalories, seconds.
    pub async fn totals_are(&self, workouts: u64, distance_m: f64, calories_kcal: f64, duration_s: f64) {
        let wanted = (workouts, distance_m, calories_kcal, duration_s);
        let seen = std::cell::Cell::new(None);
        let like = eventually(SOON, || async {
            let totals = self.totals().await;
            let found = (totals.total_workouts, totals.total_distance_m, totals.total_calories_kcal, totals.total_duration_s);
            seen.set(Some(found));
            (found == wanted).then_some(())
        });
        assert!(tokio::time::timeout(SOON - std::time::Duration::from_secs(1), like).await.is_ok(), "{:?}, not {wanted:?}", seen.get());
    }

    /// All that was told by hand so far has had its effect: something told behind it has.
    pub async fn settled(&self) {
        let mark = format!("mark-{}", self.watch.messages().len());
        self.tell("started", &format!(r#"{{"workout_id":"{mark}","started_at":"2020-01-01T00:00:00Z"}}"#)).await;
        eventually(SOON, || async { self.find(&mark).await.ok() }).await;
    }
}
