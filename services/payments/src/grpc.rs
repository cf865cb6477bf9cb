//! `ensue.payments.v1.PaymentService`: decode, call, encode.

use std::sync::Arc;

use contracts_payments::v1::payment_service_server::{PaymentService, PaymentServiceServer};
use contracts_payments::v1::{
    GetPaymentRequest, GetPaymentResponse, ListPaymentsRequest, ListPaymentsResponse, ListProviderChargesRequest,
    ListProviderChargesResponse, RefundPaymentRequest, RefundPaymentResponse,
};
use service_host::Context;
use tonic::{Request, Response, Status};

use crate::outside::PaymentProvider;
use crate::{commands, queries};

struct Payments {
    context: Context,
    provider: Arc<dyn PaymentProvider>,
}

/// The server to be put behind the port.
pub fn server(context: Context, provider: Arc<dyn PaymentProvider>) -> PaymentServiceServer<impl PaymentService> {
    let most = context.config.grpc.max_message_bytes;
    PaymentServiceServer::new(Payments { context, provider }).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl PaymentService for Payments {
    async fn get_payment(&self, request: Request<GetPaymentRequest>) -> Result<Response<GetPaymentResponse>, Status> {
        queries::get_payment(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn list_payments(&self, request: Request<ListPaymentsRequest>) -> Result<Response<ListPaymentsResponse>, Status> {
        queries::list_payments(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn refund_payment(&self, request: Request<RefundPaymentRequest>) -> Result<Response<RefundPaymentResponse>, Status> {
        commands::refund_by_hand(&self.context, request).await
    }

    async fn list_provider_charges(
        &self,
        request: Request<ListProviderChargesRequest>,
    ) -> Result<Response<ListProviderChargesResponse>, Status> {
        queries::list_provider_charges(self.provider.as_ref(), request.into_inner()).await.map(Response::new)
    }
}
