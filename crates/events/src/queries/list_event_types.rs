//! `ListEventTypes`: the catalogue.

use std::sync::Arc;

use catalogue::events::v1::{EventType, ListEventTypesRequest, ListEventTypesResponse};
use catalogue::{Catalogue, Entry};
use messaging::Kind;
use service_host::command::check;
use service_host::page::Page;
use tonic::Status;

const PAGE: usize = 1_000;

pub(crate) fn list_event_types(catalogue: &Catalogue, request: &ListEventTypesRequest) -> Result<ListEventTypesResponse, Status> {
    check(request)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.domain], PAGE, PAGE)?;
    let fits = |entry: &&Arc<Entry>| request.domain.is_empty() || entry.owner() == request.domain;
    // Events first, each kind by name: the catalogue's own order.
    let behind = page.after.as_deref().and_then(|after| catalogue.entries().iter().position(|entry| place(entry) == after));
    let skipped = behind.map_or(0, |at| at + 1);
    let entries: Vec<&Arc<Entry>> = catalogue.entries()[skipped..].iter().filter(fits).take(page.limit + 1).collect();
    let (event_types, next_page_token) = page.cut(entries, |entry| place(entry), |entry| shown(entry));
    Ok(ListEventTypesResponse { event_types, next_page_token })
}

fn kind(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::Event => "event",
        Kind::Command => "command",
    }
}

fn place(entry: &Entry) -> String {
    format!("{} {}", kind(entry), entry.type_)
}

fn shown(entry: &Entry) -> EventType {
    EventType {
        r#type: entry.type_.clone(),
        kind: kind(entry).to_owned(),
        schemas: entry.versions.clone(),
        key_field: entry.key_field.clone(),
        aggregate_type: entry.aggregate.clone(),
        service: entry.service.clone(),
        senders: entry.senders.clone(),
        by_hand: entry.by_hand,
        aliases: entry.aliases.clone(),
        doc: entry.doc.clone(),
    }
}
