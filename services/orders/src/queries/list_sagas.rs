//! Ledgers by state, the one that moved last first.

use contracts_orders::v1::{ListSagasRequest, ListSagasResponse};
use saga::State;
use saga::durable::{self, Stored};
use service_host::command::{check, store_status};
use service_host::page::Page;
use service_host::{Context, status};
use tonic::Status;

use super::{LARGEST, PAGE, key, read_key};
use crate::order_saga::plan;
use crate::wire;

pub async fn list_sagas(context: &Context, request: &ListSagasRequest) -> Result<ListSagasResponse, Status> {
    check(request)?;
    let states: Vec<State> = match request.state {
        0 => State::ALL.to_vec(),
        number => vec![wire::state_of(number).ok_or_else(|| status::invalid_field("state", "is no state of a saga"))?],
    };
    let page = Page::parse(request.page_size, &request.page_token, &[&request.state.to_string()], PAGE, LARGEST)?;
    let before = page.after.as_deref().and_then(read_key);
    let before = before.as_ref().map(|(at_us, id)| (*at_us, id.as_str()));
    // One look into the index per state, and the best of all: without a state there is no order in the index.
    let mut sagas: Vec<Stored> = Vec::new();
    for state in states {
        let found = durable::list(&context.store, plan::NAME, state, before, page.limit + 1).await;
        sagas.extend(found.map_err(|error| store_status(&error))?);
    }
    sagas.sort_by(|one, other| place(other).cmp(&place(one)));
    let key = |saga: &Stored| key(saga.ledger.updated_at_us, &saga.ledger.saga_id);
    let (sagas, next_page_token) = page.cut(sagas, key, |saga| wire::saga(&saga.ledger));
    Ok(ListSagasResponse { sagas, next_page_token })
}

fn place(saga: &Stored) -> (i64, &str) {
    (saga.ledger.updated_at_us, &saga.ledger.saga_id)
}
