//! Writing the log: a handful of statements for a whole batch.

use std::borrow::Cow;
use std::sync::Arc;

use ::store::{Params, StoreError, Work, params};
use messaging::{Envelope, Kind, partition_of};

const COLUMNS: &str = "id, kind, type, aggregate_type, key, version, correlation_id, causation_id, time_us, source, stream, partition, \
                       position, schema, content_type, traceparent, tracestate, extensions, payload";
const ROW: &str = "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";

/// Appends a batch, in its order.
pub(crate) async fn insert(work: &mut Work, batch: &[Arc<Envelope>]) -> Result<(), StoreError> {
    let rows = batch.iter().map(|envelope| row(envelope)).collect::<Result<Vec<Params>, _>>()?;
    work.over_rows(&format!("INSERT INTO log ({COLUMNS}) VALUES {{rows}}"), ROW, params![], rows).await.map(|_| ())
}

fn row(envelope: &Envelope) -> Result<Params, StoreError> {
    let extensions = if envelope.extensions.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&envelope.extensions).map_err(|error| StoreError::Refused(error.to_string()))?
    };
    Ok(params![
        &*plain(&envelope.id),
        kind(envelope.kind),
        &*plain(&envelope.type_),
        &*plain(&envelope.aggregate_type),
        &*plain(&envelope.key),
        envelope.sequence,
        &*plain(&envelope.correlation_id),
        &*plain(&envelope.causation_id),
        envelope.time_us,
        &*plain(&envelope.source),
        envelope.stream(),
        partition_of(&envelope.key),
        envelope.position,
        &*plain(&envelope.schema),
        &*plain(&envelope.content_type),
        &*plain(&envelope.trace.traceparent),
        &*plain(&envelope.trace.tracestate),
        extensions,
        envelope.payload.as_ref(),
    ])
}

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Event => "event",
        Kind::Command => "command",
    }
}

/// No database has a place for a NUL; a header may have one.
fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}
