//! `ensue.workouts.v1.WorkoutService`: decode, call, encode.

use contracts_workouts::v1::workout_service_server::{WorkoutService, WorkoutServiceServer};
use contracts_workouts::v1::{
    CompleteWorkoutRequest, CompleteWorkoutResponse, DeleteWorkoutRequest, DeleteWorkoutResponse, GetUserTotalsRequest,
    GetUserTotalsResponse, GetWorkoutRequest, GetWorkoutResponse, ListWorkoutsRequest, ListWorkoutsResponse, StartWorkoutRequest,
    StartWorkoutResponse, UpdateWorkoutRequest, UpdateWorkoutResponse, UploadWorkoutDataRequest, UploadWorkoutDataResponse,
};
use service_host::Context;
use tonic::{Request, Response, Status, Streaming};

use crate::outside::Reader;
use crate::{commands, queries};

struct Workouts {
    context: Context,
    reader: Reader,
}

/// The server to be put behind the port.
pub fn server(context: Context) -> WorkoutServiceServer<impl WorkoutService> {
    let reader = Reader::new(context.objects.clone());
    let most = context.config.grpc.max_message_bytes;
    WorkoutServiceServer::new(Workouts { context, reader }).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl WorkoutService for Workouts {
    async fn start_workout(&self, request: Request<StartWorkoutRequest>) -> Result<Response<StartWorkoutResponse>, Status> {
        commands::start_workout(&self.context, request).await
    }

    async fn complete_workout(&self, request: Request<CompleteWorkoutRequest>) -> Result<Response<CompleteWorkoutResponse>, Status> {
        commands::complete_workout(&self.context, request).await
    }

    async fn upload_workout_data(
        &self,
        request: Request<Streaming<UploadWorkoutDataRequest>>,
    ) -> Result<Response<UploadWorkoutDataResponse>, Status> {
        commands::upload_workout_data(&self.context, &self.reader, request).await
    }

    async fn update_workout(&self, request: Request<UpdateWorkoutRequest>) -> Result<Response<UpdateWorkoutResponse>, Status> {
        commands::update_workout(&self.context, request).await
    }

    async fn delete_workout(&self, request: Request<DeleteWorkoutRequest>) -> Result<Response<DeleteWorkoutResponse>, Status> {
        commands::delete_workout(&self.context, request).await
    }

    async fn get_workout(&self, request: Request<GetWorkoutRequest>) -> Result<Response<GetWorkoutResponse>, Status> {
        queries::get_workout(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn list_workouts(&self, request: Request<ListWorkoutsRequest>) -> Result<Response<ListWorkoutsResponse>, Status> {
        queries::list_workouts(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn get_user_totals(&self, request: Request<GetUserTotalsRequest>) -> Result<Response<GetUserTotalsResponse>, Status> {
        queries::get_user_totals(&self.context, request.into_inner()).await.map(Response::new)
    }
}
