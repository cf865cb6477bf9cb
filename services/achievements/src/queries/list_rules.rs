//! `ListRules`: by id.

use contracts_achievements::v1::{ListRulesRequest, ListRulesResponse};
use service_host::page::Page;
use service_host::{Context, command};
use tonic::Status;

use super::PAGE;
use crate::store::rules;
use crate::wire;

/// A page.
pub async fn list_rules(context: &Context, request: ListRulesRequest) -> Result<ListRulesResponse, Status> {
    command::check(&request)?;
    let filters = if request.include_inactive { "all" } else { "active" };
    let page = Page::parse(request.page_size, &request.page_token, &[filters], PAGE.0, PAGE.1)?;
    let after = page.after.clone().unwrap_or_default();
    let records = rules::list(&context.store, &after, request.include_inactive, page.limit + 1).await;
    let records = records.map_err(|error| command::store_status(&error))?;
    let (rules, next_page_token) = page.cut(records, |record| record.rule.id.clone(), |record| wire::rule(&record));
    Ok(ListRulesResponse { rules, next_page_token })
}
