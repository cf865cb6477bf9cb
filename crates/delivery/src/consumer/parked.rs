//! Parked events: those that failed, and those of the same lane behind them, in the consumer's own store.

use std::collections::BTreeMap;
use std::sync::Arc;

use messaging::headers::copied;
use messaging::{Envelope, Headers};
use store::{Store, StoreError, Work, params};

use super::sort::{Original, Taken, lane};
use crate::dead::Attempt;
use crate::share::Partitions;

/// A parked event.
#[derive(Clone, Debug)]
pub(crate) struct Parked {
    pub(crate) lane: String,
    pub(crate) attempts: u32,
    pub(crate) history: Vec<Attempt>,
    pub(crate) taken: Taken,
}

/// How an event enters the lane.
pub(crate) enum As<'a> {
    /// It failed, and is tried again later.
    Failed { error: &'a str, next_at_us: i64 },
    /// It stands behind one that failed.
    Follower,
    /// It failed for good and keeps its lane until somebody decides.
    Dead { error: &'a str },
}

pub(crate) async fn park(work: &mut Work, consumer: &str, taken: &Taken, how: As<'_>) -> Result<(), StoreError> {
    let now = work.now_us();
    let (state, attempts, next_at, error) = match how {
        As::Failed { error, next_at_us } => ("waiting", 1, next_at_us, Some(error)),
        As::Follower => ("waiting", 0, 0, None),
        As::Dead { error } => ("dead", 1, 0, Some(error)),
    };
    let history: Vec<Attempt> = error.map(|error| Attempt::new(now, error)).into_iter().collect();
    let refused = |error: serde_json::Error| StoreError::Refused(error.to_string());
    let sql = "INSERT INTO parked (consumer, event_id, lane, arrival, partition, subject, headers, payload, state, attempts, next_at_us, \
               parked_at_us, history) \
               SELECT $1, $2, $3, COALESCE((SELECT MAX(arrival) FROM parked WHERE consumer = $1 AND lane = $3), 0) + 1, \
               $4, $5, $6, $7, $8, $9, $10, $11, $12 WHERE true ON CONFLICT (consumer, event_id) DO NOTHING";
    let params = params![
        consumer,
        &taken.envelope.id,
        taken.lane(),
        taken.partition,
        &taken.original.subject,
        serde_json::to_string(&copied(&taken.original.headers)).map_err(refused)?,
        taken.envelope.payload.as_ref(),
        state,
        attempts,
        next_at,
        now,
        serde_json::to_string(&history).map_err(refused)?,
    ];
    work.execute(sql, params).await.map(|_| ())
}

/// One more failed try of an event that is parked.
pub(crate) async fn failed_again(work: &mut Work, consumer: &str, parked: &Parked, next_at_us: Option<i64>) -> Result<(), StoreError> {
    let history = serde_json::to_string(&parked.history).map_err(|error| StoreError::Refused(error.to_string()))?;
    let state = if next_at_us.is_some() { "waiting" } else { "dead" };
    let sql = "UPDATE parked SET attempts = $1, history = $2, state = $3, next_at_us = $4 WHERE consumer = $5 AND event_id = $6 AND attempts = $7";
    let before = parked.attempts.saturating_sub(1);
    let params = params![parked.attempts, history, state, next_at_us.unwrap_or(0), consumer, &parked.taken.envelope.id, before];
    if work.execute(sql, params).await? == 1 { Ok(()) } else { Err(StoreError::Fenced(consumer.to_owned())) }
}

/// It is done. Another process that did it first fences this one.
pub(crate) async fn leave(work: &mut Work, consumer: &str, event_id: &str) -> Result<(), StoreError> {
    let gone = work.execute("DELETE FROM parked WHERE consumer = $1 AND event_id = $2", params![consumer, event_id]).await?;
    if gone == 1 { Ok(()) } else { Err(StoreError::Fenced(consumer.to_owned())) }
}

/// The lanes that have something parked, with when their first event is due; `i64::MAX` = it waits for a decision.
pub(crate) async fn lanes(store: &Store, consumer: &str, owned: Partitions) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = "SELECT p.lane AS lane, p.state AS state, p.next_at_us AS next_at_us, p.partition AS partition FROM parked p JOIN \
               (SELECT lane, MIN(arrival) AS arrival FROM parked WHERE consumer = $1 GROUP BY lane) first \
               ON p.lane = first.lane AND p.arrival = first.arrival WHERE p.consumer = $1";
    let rows = store.rows(sql, params![consumer]).await?;
    let mine = |row: &&store::Row| row.get::<u32>("partition").is_ok_and(|partition| owned.has(partition));
    rows.iter()
        .filter(mine)
        .map(|row| {
            let due = if row.get::<String>("state")? == "dead" { i64::MAX } else { row.get("next_at_us")? };
            Ok((row.get("lane")?, due))
        })
        .collect()
}

/// The first events of a lane, in order of arrival, up to the first that waits for a decision.
pub(crate) async fn of_lane(
    work: &mut Work,
    consumer: &super::Consumer,
    name: &str,
    lane: &str,
    limit: u32,
) -> Result<Vec<Parked>, StoreError> {
    let sql = "SELECT event_id, subject, headers, payload, attempts, history, state, partition FROM parked WHERE consumer = $1 AND lane = $2 \
               ORDER BY arrival LIMIT $3";
    let mut all = Vec::new();
    for row in work.rows(sql, params![name, lane, limit]).await? {
        if row.get::<String>("state")? == "dead" {
            break;
        }
        let refused = |error: String| StoreError::Refused(format!("parked in {lane}: {error}"));
        let headers: Headers = serde_json::from_str(&row.get::<String>("headers")?).map_err(|error| refused(error.to_string()))?;
        let history = serde_json::from_str(&row.get::<String>("history")?).map_err(|error| refused(error.to_string()))?;
        let original = Original { subject: row.get("subject")?, headers: Arc::new(headers) };
        let payload = row.get::<Vec<u8>>("payload")?;
        let mut taken = consumer.take_again(original, payload.into(), row.get("partition")?).map_err(|error| refused(error.to_string()))?;
        // Its row is found by the id that it was parked under, even if a foreign message's id is made otherwise today.
        let event_id: String = row.get("event_id")?;
        if taken.envelope.id != event_id {
            Arc::make_mut(&mut taken.envelope).id = event_id;
        }
        all.push(Parked { lane: lane.to_owned(), attempts: row.get("attempts")?, history, taken });
    }
    Ok(all)
}

/// A message put back by hand: at the front of its lane, with all its attempts before it; `history` has those it had.
pub(crate) async fn put_back(
    work: &mut Work,
    consumer: &str,
    original: &Original,
    envelope: &Envelope,
    history: &str,
) -> Result<(), StoreError> {
    let now = work.now_us();
    let lane = lane(envelope);
    let sql = "INSERT INTO parked (consumer, event_id, lane, arrival, partition, subject, headers, payload, state, attempts, next_at_us, \
               parked_at_us, history) \
               SELECT $1, $2, $3, COALESCE((SELECT MIN(arrival) FROM parked WHERE consumer = $1 AND lane = $3), 0) - 1, \
               $4, $5, $6, $7, 'waiting', 0, 0, $8, $9 WHERE true \
               ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'waiting', attempts = 0, next_at_us = 0";
    let params = params![
        consumer,
        &envelope.id,
        lane,
        messaging::partition_of(&envelope.key),
        &original.subject,
        serde_json::to_string(&copied(&original.headers)).map_err(|error| StoreError::Refused(error.to_string()))?,
        envelope.payload.as_ref(),
        now,
        history,
    ];
    work.execute(sql, params).await.map(|_| ())
}

/// An event that died and keeps its lane: tried again, with all its attempts before it. Whether it was there.
pub(crate) async fn wait_again(work: &mut Work, consumer: &str, event_id: &str) -> Result<bool, StoreError> {
    let now = work.now_us();
    let sql = "UPDATE parked SET state = 'waiting', attempts = 0, next_at_us = $1 WHERE consumer = $2 AND event_id = $3 AND state = 'dead'";
    Ok(work.execute(sql, params![now, consumer, event_id]).await? > 0)
}

/// An event that died and is not wanted any more: those behind it go on. Nothing happens where none is parked.
pub(crate) async fn give_up(work: &mut Work, consumer: &str, event_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM parked WHERE consumer = $1 AND event_id = $2 AND state = 'dead'";
    work.execute(sql, params![consumer, event_id]).await.map(|_| ())
}
