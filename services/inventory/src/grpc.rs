//! The calls: decode, do, encode.

use contracts_inventory::v1 as wire;
use contracts_inventory::v1::inventory_service_server::{InventoryService, InventoryServiceServer};
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use crate::store::catalogue;
use crate::{commands, queries};

/// `ensue.inventory.v1.InventoryService`.
pub struct Inventory {
    context: Context,
}

/// The server of this service.
pub fn server(context: Context) -> InventoryServiceServer<Inventory> {
    let most = context.config.grpc.max_message_bytes;
    InventoryServiceServer::new(Inventory { context }).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl InventoryService for Inventory {
    async fn create_product(&self, request: Request<wire::CreateProductRequest>) -> Result<Response<wire::CreateProductResponse>, Status> {
        command::run(
            &self.context,
            "inventory.CreateProduct",
            request,
            |it| it.request_id(),
            |request, cause, work| {
                Box::pin(async move {
                    let wanted = request.product.clone().unwrap_or_default();
                    let product = commands::create_product(work, &cause, &wanted).await?;
                    Ok(wire::CreateProductResponse { product: Some(product) })
                })
            },
        )
        .await
    }

    async fn get_product(&self, request: Request<wire::GetProductRequest>) -> Result<Response<wire::GetProductResponse>, Status> {
        queries::get_product(&self.context, request.get_ref()).await.map(Response::new)
    }

    async fn batch_get_products(
        &self,
        request: Request<wire::BatchGetProductsRequest>,
    ) -> Result<Response<wire::BatchGetProductsResponse>, Status> {
        queries::batch_get_products(&self.context, request.get_ref()).await.map(Response::new)
    }

    async fn list_products(&self, request: Request<wire::ListProductsRequest>) -> Result<Response<wire::ListProductsResponse>, Status> {
        queries::list_products(&self.context, request.get_ref()).await.map(Response::new)
    }

    async fn restock(&self, request: Request<wire::RestockRequest>) -> Result<Response<wire::RestockResponse>, Status> {
        command::run(
            &self.context,
            "inventory.Restock",
            request,
            |it| it.request_id(),
            |request, cause, work| {
                Box::pin(async move {
                    let wire::RestockRequest { product_id, quantity, sku_id, .. } = request.as_ref().clone();
                    commands::restock(work, &cause, &wire::RestockProduct { product_id, quantity, sku_id }).await?;
                    Ok(wire::RestockResponse { product: catalogue::product(work, &request.product_id).await? })
                })
            },
        )
        .await
    }

    async fn withdraw(&self, request: Request<wire::WithdrawRequest>) -> Result<Response<wire::WithdrawResponse>, Status> {
        command::run(
            &self.context,
            "inventory.Withdraw",
            request,
            |it| it.request_id(),
            |request, cause, work| {
                Box::pin(async move {
                    let wire::WithdrawRequest { product_id, reason, .. } = request.as_ref().clone();
                    commands::withdraw(work, &cause, &wire::WithdrawProduct { product_id, reason }).await?;
                    Ok(wire::WithdrawResponse { product: catalogue::product(work, &request.product_id).await? })
                })
            },
        )
        .await
    }

    async fn list_reservations(
        &self,
        request: Request<wire::ListReservationsRequest>,
    ) -> Result<Response<wire::ListReservationsResponse>, Status> {
        queries::list_reservations(&self.context, request.get_ref()).await.map(Response::new)
    }
}
