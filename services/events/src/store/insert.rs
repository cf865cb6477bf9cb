//! Writing the log: a handful of statements for a whole batch.

use std::borrow::Cow;

use ::store::{Params, StoreError, Work, params};
use messaging::{Envelope, Kind, partition_of};

const COLUMNS: &str = "id, kind, type, aggregate_type, key, version, correlation_id, causation_id, time_us, source, stream, partition, \
                       position, schema, content_type, traceparent, tracestate, extensions, payload";
const WIDTH: usize = 19;

/// Rows of one statement at most. Less is a power of two: eight texts in all, which the database parses once each.
const ROWS: usize = 64;

/// Appends a batch, in its order.
pub(crate) async fn insert(work: &mut Work, mut batch: &[Envelope]) -> Result<(), StoreError> {
    while !batch.is_empty() {
        let (rows, rest) = batch.split_at(step(batch.len()));
        let mut params = Params::with_capacity(rows.len() * WIDTH);
        for envelope in rows {
            params.extend(row(envelope)?);
        }
        let sql = format!("INSERT INTO log ({COLUMNS}) VALUES {}", places(rows.len(), WIDTH));
        work.execute(&sql, params).await?;
        batch = rest;
    }
    Ok(())
}

/// How many of `left` rows the next statement takes.
pub(super) fn step(left: usize) -> usize {
    if left >= ROWS { ROWS } else { 1 << left.max(1).ilog2() }
}

/// `($1, $2), ($3, $4)`
pub(super) fn places(rows: usize, width: usize) -> String {
    let row = |at: usize| (1..=width).map(|column| format!("${}", at * width + column)).collect::<Vec<_>>().join(", ");
    (0..rows).map(|at| format!("({})", row(at))).collect::<Vec<_>>().join(", ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_any_size_needs_few_statements_of_few_forms() {
        for size in 1..=256 {
            let mut left = size;
            let mut statements = 0;
            while left > 0 {
                let rows = step(left);
                assert!(rows.is_power_of_two() && rows <= ROWS);
                left -= rows;
                statements += 1;
            }
            assert!(statements <= 9, "{size}: {statements}");
        }
        assert_eq!(places(2, 2), "($1, $2), ($3, $4)");
    }
}
