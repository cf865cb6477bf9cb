//! `ensue.orders.v1.OrderService`: each call goes to the file of its name.

use std::sync::Arc;

use contracts_orders::v1::order_service_server::{OrderService, OrderServiceServer};
use contracts_orders::v1::*;
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use crate::order_saga::OrderSaga;
use crate::{commands, queries};

pub struct Server {
    context: Context,
    saga: Arc<OrderSaga>,
}

/// The server to be put behind the port.
pub fn server(context: Context, saga: Arc<OrderSaga>) -> OrderServiceServer<Server> {
    let most = context.config.grpc.max_message_bytes;
    OrderServiceServer::new(Server { context, saga }).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl OrderService for Server {
    async fn place_order(&self, request: Request<PlaceOrderRequest>) -> Result<Response<PlaceOrderResponse>, Status> {
        let saga = self.saga.clone();
        command::run(&self.context, "orders.PlaceOrder", request, PlaceOrderRequest::request_id, move |request, cause, work| {
            let saga = saga.clone();
            Box::pin(async move { commands::place_order(&saga, &request, &cause, work).await })
        })
        .await
    }

    async fn cancel_order(&self, request: Request<CancelOrderRequest>) -> Result<Response<CancelOrderResponse>, Status> {
        let saga = self.saga.clone();
        command::run(&self.context, "orders.CancelOrder", request, CancelOrderRequest::request_id, move |request, cause, work| {
            let saga = saga.clone();
            Box::pin(async move { commands::cancel_order(&saga, &request, &cause, work).await })
        })
        .await
    }

    async fn retry_saga(&self, request: Request<RetrySagaRequest>) -> Result<Response<RetrySagaResponse>, Status> {
        let saga = self.saga.clone();
        command::run(&self.context, "orders.RetrySaga", request, RetrySagaRequest::request_id, move |request, cause, work| {
            let saga = saga.clone();
            Box::pin(async move { commands::retry_saga(&saga, &request, &cause, work).await })
        })
        .await
    }

    async fn update_order_status(&self, request: Request<UpdateOrderStatusRequest>) -> Result<Response<UpdateOrderStatusResponse>, Status> {
        let (saga, request_id) = (self.saga.clone(), UpdateOrderStatusRequest::request_id);
        command::run(&self.context, "orders.UpdateOrderStatus", request, request_id, move |request, cause, work| {
            let saga = saga.clone();
            Box::pin(async move { commands::update_order_status(&saga, &request, &cause, work).await })
        })
        .await
    }

    async fn return_order(&self, request: Request<ReturnOrderRequest>) -> Result<Response<ReturnOrderResponse>, Status> {
        command::run(&self.context, "orders.ReturnOrder", request, ReturnOrderRequest::request_id, |request, cause, work| {
            Box::pin(async move { commands::return_order(&request, &cause, work).await })
        })
        .await
    }

    async fn get_order(&self, request: Request<GetOrderRequest>) -> Result<Response<GetOrderResponse>, Status> {
        queries::get_order(&self.context, request.get_ref()).await.map(Response::new)
    }

    async fn list_orders(&self, request: Request<ListOrdersRequest>) -> Result<Response<ListOrdersResponse>, Status> {
        queries::list_orders(&self.context, request.get_ref()).await.map(Response::new)
    }

    async fn list_sagas(&self, request: Request<ListSagasRequest>) -> Result<Response<ListSagasResponse>, Status> {
        queries::list_sagas(&self.context, request.get_ref()).await.map(Response::new)
    }
}
