//! Looking before publishing: which of the log's messages does the stream still hold?

use messaging::{Broker, Incoming, StreamSpec, StreamState, Writers, headers};
use store::{Store, StoreError, log, params};

use super::stream::Fault;

/// How far back to look for a message of ours among what others put into a stream.
const LOOK_BACK: u64 = 1000;

/// The last row that the broker had, as kept in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) seq: i64,
    pub(crate) sequence: u64,
    pub(crate) created_ns: i64,
    pub(crate) message_id: String,
}

/// Where to go on.
pub(crate) struct Found {
    /// The last row whose message the stream holds, or need not hold any more.
    pub(crate) seq: i64,
    pub(crate) last_sequence: u64,
    pub(crate) created_ns: i64,
}

pub(crate) async fn kept(store: &Store, stream: &str) -> Result<Kept, StoreError> {
    let sql = "SELECT seq, sequence, created_ns, message_id FROM relay_cursors WHERE stream = $1";
    let Some(row) = store.row(sql, params![stream]).await? else { return Ok(Kept::default()) };
    Ok(Kept {
        seq: row.get("seq")?,
        sequence: row.get("sequence")?,
        created_ns: row.get("created_ns")?,
        message_id: row.get("message_id")?,
    })
}

pub(crate) async fn keep(store: &Store, stream: &str, kept: &Kept) -> Result<(), StoreError> {
    let (stream, kept) = (stream.to_owned(), kept.clone());
    store
        .write(move |work| {
            Box::pin(async move {
                let sql = "INSERT INTO relay_cursors (stream, seq, sequence, created_ns, message_id) VALUES ($1, $2, $3, $4, $5) \
                           ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, sequence = excluded.sequence, \
                           created_ns = excluded.created_ns, message_id = excluded.message_id";
                work.execute(sql, params![stream, kept.seq, kept.sequence, kept.created_ns, kept.message_id]).await.map(|_| ())
            })
        })
        .await
}

/// Makes sure that the stream is there, and compares it with the log.
pub(crate) async fn find(store: &Store, broker: &dyn Broker, spec: &StreamSpec, kept: &Kept) -> Result<Found, Fault> {
    let state = broker.ensure(spec).await.map_err(Fault::Broker)?;
    let seq = match spec.writers {
        Writers::One => last_of_ours(store, broker, spec, &state).await?,
        Writers::Many => still_there(broker, spec, &state, kept).await?,
    };
    let seq = match seq {
        Some(seq) => seq,
        // Nothing of ours is there: what retention would still hold has to be.
        None => before_retention(store, spec).await?,
    };
    Ok(Found { seq, last_sequence: state.last_sequence, created_ns: state.created_ns })
}

/// With one writer the stream's end says it: the last message that carries a position, as a row of the log.
async fn last_of_ours(store: &Store, broker: &dyn Broker, spec: &StreamSpec, state: &StreamState) -> Result<Option<i64>, Fault> {
    if state.messages == 0 {
        return Ok(None);
    }
    let mut sequence = state.last_sequence;
    let oldest = state.first_sequence.max(sequence.saturating_sub(LOOK_BACK)).max(1);
    while sequence >= oldest {
        if let Some(message) = broker.message(&spec.name, sequence).await.map_err(Fault::Broker)?
            && let Some(seq) = row_of(store, spec, &message).await?
        {
            return Ok(Some(seq));
        }
        sequence -= 1;
    }
    Ok(None)
}

async fn row_of(store: &Store, spec: &StreamSpec, message: &Incoming) -> Result<Option<i64>, Fault> {
    let Ok(envelope) = headers::read(&message.subject, &message.headers, message.payload.clone()) else { return Ok(None) };
    if envelope.source != store.service() || !super::publish::is_a_relays(&message.message_id, &envelope.id) {
        return Ok(None);
    }
    let partition = messaging::partition_of(&envelope.key);
    let row = log::at(store, &spec.name, partition, envelope.position).await?;
    match row {
        Some(row) if row.envelope.id == envelope.id => Ok(Some(row.seq)),
        // Numbering on from here would give numbers a second time, and consumers would take new events for repeats.
        _ => Err(Fault::Foreign(format!(
            "{} holds position {} of partition {partition} ({}), which this store never gave: the store was replaced or restored to an \
             earlier copy while the stream was not. Restore the store, or delete the stream and every consumer's positions",
            spec.name, envelope.position, envelope.id
        ))),
    }
}

/// With several writers: is the last message that was acknowledged to us still the one at its place?
async fn still_there(broker: &dyn Broker, spec: &StreamSpec, state: &StreamState, kept: &Kept) -> Result<Option<i64>, Fault> {
    if kept.seq == 0 || kept.created_ns != state.created_ns {
        return Ok(None);
    }
    if kept.sequence < state.first_sequence && kept.sequence <= state.last_sequence {
        // Retention has taken it, and what came before it.
        return Ok(Some(kept.seq));
    }
    let message = broker.message(&spec.name, kept.sequence).await.map_err(Fault::Broker)?;
    Ok(message.filter(|message| message.message_id == kept.message_id).map(|_| kept.seq))
}

/// The row before the first one that retention by age and number would still hold.
async fn before_retention(store: &Store, spec: &StreamSpec) -> Result<i64, Fault> {
    let age = i64::try_from(spec.max_age.as_micros()).unwrap_or(i64::MAX);
    // Before the other question: what is appended between the two is not what retention has let go.
    let newest = log::last(store, &spec.name).await?;
    let first = log::first_since(store, &spec.name, store.clock().now_us().saturating_sub(age)).await?;
    Ok(first.map_or(newest, |first| (first - 1).max(newest.saturating_sub(spec.max_messages))))
}
