//! `TailEvents`: events as they are committed to the log. One reader for all who watch; whoever does not keep up is sent away, so that
//! nobody's slowness is kept in memory.

mod feed;

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use catalogue::events::v1::{Event, TailEventsRequest, TailEventsResponse};
use futures::{Stream, StreamExt as _, stream};
use service_host::command::{check, store_status};
use service_host::{Context, status};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tonic::Status;

use super::{list_events, shown};
use crate::domain::Filter;
use crate::store;

pub(crate) use feed::{Tail, channel};

pub(crate) type Events = Pin<Box<dyn Stream<Item = Result<TailEventsResponse, Status>> + Send>>;

/// What the feed hands on.
#[derive(Clone, Debug)]
pub(crate) struct Tailed {
    pub(crate) seq: i64,
    /// Without its data, where that is large: whoever wants it reads it again.
    pub(crate) event: Arc<Event>,
    pub(crate) large: bool,
}

pub(crate) async fn tail_events(context: &Context, tail: &Tail, request: TailEventsRequest) -> Result<Events, Status> {
    check(&request)?;
    let filter = Filter::read(&request.filter.clone().unwrap_or_default(), &context.catalogue).map_err(status::invalid)?;
    // First, so that nothing is missed in between.
    let fresh = tail.subscribe().await.ok_or_else(|| status::unavailable("TAIL_UNAVAILABLE", "the log can't be read now"))?;
    let last = match request.last {
        0 => Vec::new(),
        last => list_events::newest(context, &filter, last as usize).await?,
    };
    let catalogue = context.catalogue.clone();
    let seen: HashSet<i64> = last.iter().map(|row| row.seq).collect();
    let before = last.into_iter().rev().map(move |row| Ok(response(shown::event(&row.envelope, false, &catalogue))));
    let context = context.clone();
    let after = BroadcastStream::new(fresh).filter_map(move |tailed| {
        let answer = match tailed {
            Err(BroadcastStreamRecvError::Lagged(missed)) => Some(Err(too_slow(missed))),
            Ok(tailed) => (!seen.contains(&tailed.seq) && filter.matches(&tailed.event)).then_some(Ok(tailed)),
        };
        let context = context.clone();
        async move {
            match answer? {
                Ok(tailed) => Some(whole(&context, tailed).await),
                Err(status) => Some(Err(status)),
            }
        }
    });
    Ok(Box::pin(until_an_error(stream::iter(before).chain(after))))
}

fn too_slow(missed: u64) -> Status {
    status::resource_exhausted(
        "TAIL_TOO_SLOW",
        &format!("{missed} events were not taken in time; ask ListEvents for what came after the last one seen, then tail again"),
    )
}

async fn whole(context: &Context, tailed: Tailed) -> Result<TailEventsResponse, Status> {
    if !tailed.large {
        return Ok(response(Event::clone(&tailed.event)));
    }
    let rows = store::load(&context.store, &[tailed.seq]).await.map_err(|error| store_status(&error))?;
    Ok(response(rows.first().map_or_else(|| Event::clone(&tailed.event), |row| shown::event(&row.envelope, false, &context.catalogue))))
}

fn response(event: Event) -> TailEventsResponse {
    TailEventsResponse { event: Some(event) }
}

/// A status ends the stream.
fn until_an_error<T: Send + 'static>(
    items: impl Stream<Item = Result<T, Status>> + Send + 'static,
) -> impl Stream<Item = Result<T, Status>> + Send + 'static {
    items.scan(false, |over, item| {
        let go_on = !*over;
        *over |= item.is_err();
        futures::future::ready(go_on.then_some(item))
    })
}
