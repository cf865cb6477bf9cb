//! `ensue.shipping.v1.ShippingService`: decode, call, encode.

use contracts_shipping::v1::shipping_service_server::{ShippingService, ShippingServiceServer};
use contracts_shipping::v1::{
    ConfirmDeliveryRequest, ConfirmDeliveryResponse, DispatchShipmentRequest, DispatchShipmentResponse, GetShipmentRequest,
    GetShipmentResponse, ListShipmentsRequest, ListShipmentsResponse,
};
use service_host::Context;
use tonic::{Request, Response, Status};

use crate::{commands, queries};

struct Shipping(Context);

/// The server to be put behind the port.
pub fn server(context: Context) -> ShippingServiceServer<impl ShippingService> {
    let most = context.config.grpc.max_message_bytes;
    ShippingServiceServer::new(Shipping(context)).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl ShippingService for Shipping {
    async fn get_shipment(&self, request: Request<GetShipmentRequest>) -> Result<Response<GetShipmentResponse>, Status> {
        queries::get_shipment(&self.0, request.into_inner()).await.map(Response::new)
    }

    async fn list_shipments(&self, request: Request<ListShipmentsRequest>) -> Result<Response<ListShipmentsResponse>, Status> {
        queries::list_shipments(&self.0, request.into_inner()).await.map(Response::new)
    }

    async fn dispatch_shipment(&self, request: Request<DispatchShipmentRequest>) -> Result<Response<DispatchShipmentResponse>, Status> {
        commands::dispatch_shipment(&self.0, request).await
    }

    async fn confirm_delivery(&self, request: Request<ConfirmDeliveryRequest>) -> Result<Response<ConfirmDeliveryResponse>, Status> {
        commands::confirm_delivery(&self.0, request).await
    }
}
