//! `ensue.devices.v1.DeviceService`: decode, call, encode.

use contracts_devices::v1::device_service_server::{DeviceService, DeviceServiceServer};
use contracts_devices::v1::{ListReadingsRequest, ListReadingsResponse, WatchReadingsRequest};
use service_host::Context;
use tonic::{Request, Response, Status};

use crate::queries;

struct Devices(Context);

/// The server to be put behind the port.
pub(crate) fn server(context: Context) -> DeviceServiceServer<impl DeviceService> {
    let most = context.config.grpc.max_message_bytes;
    DeviceServiceServer::new(Devices(context)).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl DeviceService for Devices {
    type WatchReadingsStream = queries::Readings;

    async fn list_readings(&self, request: Request<ListReadingsRequest>) -> Result<Response<ListReadingsResponse>, Status> {
        queries::list_readings(&self.0, request.get_ref()).await.map(Response::new)
    }

    async fn watch_readings(&self, request: Request<WatchReadingsRequest>) -> Result<Response<Self::WatchReadingsStream>, Status> {
        queries::watch_readings(&self.0, request.into_inner()).map(Response::new)
    }
}
