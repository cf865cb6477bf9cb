//! `ListEvents`: the history, by aggregate, by type, by time, by conversation.

use catalogue::events::v1::{EventOrder, ListEventsRequest, ListEventsResponse};
use service_host::command::{check, store_status};
use service_host::page::Page;
use service_host::{Context, status};
use tonic::Status;

use super::shown;
use crate::domain::{Filter, Order};
use crate::store::{self, Cursor, Logged, Reached};

/// Rows of a page, newest first and else.
const NEWEST: usize = 100;
const HISTORY: usize = 1_000;
const MOST: usize = 1_000;

pub(crate) async fn list_events(context: &Context, request: ListEventsRequest) -> Result<ListEventsResponse, Status> {
    check(&request)?;
    let filter = Filter::read(&request.filter.clone().unwrap_or_default(), &context.catalogue).map_err(status::invalid)?;
    let order = match request.order() {
        EventOrder::Unspecified => filter.order(),
        EventOrder::NewestFirst => Order::NewestFirst,
        EventOrder::OldestFirst => Order::OldestFirst,
        EventOrder::Sequence if filter.is_of_one() => Order::Sequence,
        EventOrder::Sequence => {
            return Err(status::invalid_field("order", "by version is the order of one aggregate: filter by aggregate_type and key"));
        }
    };
    let asked = asked(&request, order);
    let size = if order == Order::NewestFirst { NEWEST } else { HISTORY };
    let page = Page::parse(request.page_size, &request.page_token, &[&asked], size, MOST)?;
    let found = match order {
        Order::Sequence => in_sequence(context, &filter, &page).await?,
        _ => in_time(context, &filter, order, &page).await?,
    };
    let (events, next_page_token) =
        page.cut(found, |(_, place)| place.clone(), |(row, _)| shown::event(&row.envelope, request.with_payload, &context.catalogue));
    Ok(ListEventsResponse { events, next_page_token })
}

/// All that a page's token is good for.
fn asked(request: &ListEventsRequest, order: Order) -> String {
    let filter = request.filter.as_ref().map(prost::Message::encode_to_vec).unwrap_or_default();
    format!("{order:?} {filter:?}")
}

/// Rows with the place behind each.
async fn in_time(context: &Context, filter: &Filter, order: Order, page: &Page) -> Result<Vec<(Logged, String)>, Status> {
    let after = match &page.after {
        None => None,
        Some(text) => Some(cursor(text).ok_or_else(foreign_token)?),
    };
    let found = store::find(&context.store, filter, order, after, page.limit + 1).await.map_err(|error| store_status(&error))?;
    let seqs: Vec<i64> = found.iter().map(|cursor| cursor.seq).collect();
    let rows = store::load(&context.store, &seqs).await.map_err(|error| store_status(&error))?;
    Ok(rows.into_iter().map(|row| (format!("{}/{}", row.envelope.time_us, row.seq), row)).map(|(place, row)| (row, place)).collect())
}

fn cursor(text: &str) -> Option<Cursor> {
    let (time_us, seq) = text.split_once('/')?;
    Some(Cursor { time_us: time_us.parse().ok()?, seq: seq.parse().ok()? })
}

async fn in_sequence(context: &Context, filter: &Filter, page: &Page) -> Result<Vec<(Logged, String)>, Status> {
    let mut reached: Reached = match &page.after {
        None => Reached::new(),
        Some(text) => serde_json::from_str(text).map_err(|_| foreign_token())?,
    };
    let rows = store::in_sequence(&context.store, filter, &reached, page.limit + 1).await.map_err(|error| store_status(&error))?;
    Ok(rows
        .into_iter()
        .map(|(part, row)| {
            reached.insert(part, row.envelope.sequence);
            (row, serde_json::to_string(&reached).unwrap_or_default())
        })
        .collect())
}

fn foreign_token() -> Status {
    status::invalid_field("page_token", "is not a token of this list; leave it empty for the first page")
}

/// The newest events that a filter means, newest first.
pub(crate) async fn newest(context: &Context, filter: &Filter, limit: usize) -> Result<Vec<Logged>, Status> {
    let found = store::find(&context.store, filter, Order::NewestFirst, None, limit).await.map_err(|error| store_status(&error))?;
    let seqs: Vec<i64> = found.iter().map(|cursor| cursor.seq).collect();
    store::load(&context.store, &seqs).await.map_err(|error| store_status(&error))
}
