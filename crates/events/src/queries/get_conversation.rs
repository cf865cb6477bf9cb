//! `GetConversation`: the tree of what followed from one request.

use catalogue::events::v1::{GetConversationRequest, GetConversationResponse};
use prost::Message as _;
use service_host::command::{check, store_status};
use service_host::{Context, status};
use tonic::Status;

use super::shown;
use crate::domain::conversation::tree;
use crate::store;

/// Messages of one answer at most.
const MOST: usize = 5_000;
/// Bytes of one answer at most: clients take 4 MiB.
const BYTES: usize = 3 << 20;

pub(crate) async fn get_conversation(context: &Context, request: GetConversationRequest) -> Result<GetConversationResponse, Status> {
    check(&request)?;
    let rows = store::conversation(&context.store, &request.correlation_id, MOST).await.map_err(|error| store_status(&error))?;
    if rows.is_empty() {
        return Err(status::not_found("conversation", &request.correlation_id));
    }
    let count = if rows.len() < MOST {
        rows.len() as u64
    } else {
        store::conversation_size(&context.store, &request.correlation_id).await.map_err(|error| store_status(&error))?
    };
    let mut bytes = 0;
    let events: Vec<_> = rows
        .iter()
        .map(|row| shown::event(&row.envelope, false, &context.catalogue))
        .take_while(|event| {
            // What a node adds to its event, lengths of all that it hangs under included.
            bytes += event.encoded_len() + 32;
            bytes <= BYTES
        })
        .collect();
    let shown = events.len() as u64;
    let tree = tree(events);
    let count_shown = u32::try_from(count).unwrap_or(u32::MAX);
    Ok(GetConversationResponse { roots: tree.roots, count: count_shown, truncated: tree.cut || shown < count })
}
