//! `ListProviderCharges`: what the provider's own ledger says, oldest first.

use contracts_payments::v1::{ListProviderChargesRequest, ListProviderChargesResponse};
use service_host::page::Page;
use service_host::{command, status};
use tonic::Status;

use crate::outside::{PaymentProvider, ProviderError};
use crate::wire;

const PAGE: usize = 50;
const MOST: usize = 1_000;

/// A page, or what happened under one key.
pub async fn list_provider_charges(
    provider: &dyn PaymentProvider,
    request: ListProviderChargesRequest,
) -> Result<ListProviderChargesResponse, Status> {
    command::check(&request)?;
    let silent = |error: ProviderError| status::unavailable("PROVIDER_UNAVAILABLE", &error.to_string());
    let page = Page::parse(request.page_size, &request.page_token, &[&request.idempotency_key], PAGE, MOST)?;
    if !request.idempotency_key.is_empty() {
        let found = provider.lookup(&request.idempotency_key).await.map_err(silent)?;
        let charges = found.into_iter().map(wire::charge).collect();
        return Ok(ListProviderChargesResponse { charges, next_page_token: String::new() });
    }
    let foreign = |_| status::invalid_field("page_token", "is not a token of this service");
    let skip: usize = page.after.as_deref().map_or(Ok(0), str::parse).map_err(foreign)?;
    let entries = provider.ledger(skip, page.limit + 1).await.map_err(silent)?;
    let numbered = entries.into_iter().enumerate().map(|(at, entry)| (skip + at + 1, entry)).collect();
    let (charges, next_page_token) = page.cut(numbered, |(number, _)| number.to_string(), |(_, entry)| wire::charge(entry));
    Ok(ListProviderChargesResponse { charges, next_page_token })
}
