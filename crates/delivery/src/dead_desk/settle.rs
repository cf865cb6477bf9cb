//! Deciding on dead letters: each is redriven once, or discarded with a reason, in one transaction with what that changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use catalogue::platform::v1 as platform;
use messaging::{Cause, Headers, Incoming, get_header, headers};
use store::{Row, StoreError, Work, params};

use super::{Desk, IDS};
use crate::consumer::sort::Original;
use crate::consumer::{parked, timer};
use crate::dead::{self, Reason};
use crate::door::Door;

/// What was decided, and who is to be told after the commit.
#[derive(Default)]
struct Decided {
    settled: Vec<platform::DeadSettled>,
    consumers: BTreeSet<String>,
    died_again: Vec<platform::DeadLetterAnnounced>,
}

/// An open letter as its row has it.
struct Open {
    id: String,
    consumer: String,
    event_id: String,
    key: String,
    subject: String,
    headers: Headers,
    payload: Vec<u8>,
    reason: String,
    history: String,
    died_at_us: i64,
}

pub(super) async fn redrive(desk: Desk, request: platform::DeadRedriveRequest) -> Result<platform::DeadSettleResponse, StoreError> {
    bounded(&request.ids)?;
    let door = desk.door.clone();
    let note = format!("asked for in conversation {}", request.correlation_id);
    let decided = desk
        .store
        .write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                let mut decided = Decided::default();
                for id in &request.ids {
                    let refusal = match find(work, id).await? {
                        Err(refusal) => Some(refusal),
                        Ok(letter) if letter.reason == Reason::Foreign.as_str() => Some("foreign"),
                        Ok(letter) => {
                            // First: a letter that dies again at once is open again.
                            mark(work, &letter.id, "redriven", &note).await?;
                            again(work, &door, &letter, &mut decided).await?
                        }
                    };
                    decided.note(id, refusal);
                }
                Ok(decided)
            })
        })
        .await?;
    Ok(desk.tell(decided, "redriven"))
}

pub(super) async fn discard(desk: Desk, request: platform::DeadDiscardRequest) -> Result<platform::DeadSettleResponse, StoreError> {
    bounded(&request.ids)?;
    if request.reason.is_empty() {
        return Err(StoreError::Refused("reason: is required".to_owned()));
    }
    let note = match request.correlation_id.as_str() {
        "" => request.reason.clone(),
        conversation => format!("{} (asked for in conversation {conversation})", request.reason),
    };
    let decided = desk
        .store
        .write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                let mut decided = Decided::default();
                for id in &request.ids {
                    let refusal = match find(work, id).await? {
                        Err(refusal) => Some(refusal),
                        Ok(letter) => {
                            // Its followers go on.
                            parked::give_up(work, &letter.consumer, &letter.event_id).await?;
                            mark(work, &letter.id, "discarded", &note).await?;
                            decided.consumers.insert(letter.consumer);
                            None
                        }
                    };
                    decided.note(id, refusal);
                }
                Ok(decided)
            })
        })
        .await?;
    Ok(desk.tell(decided, "discarded"))
}

/// Puts a letter's message back to where it is handled; a refusal where there is no such place.
async fn again(work: &mut Work, door: &Door, letter: &Open, decided: &mut Decided) -> Result<Option<&'static str>, StoreError> {
    // The consumer too: another system's stream may have such a subject.
    let kind = letter.subject.strip_prefix("intents.").filter(|kind| letter.consumer == format!("{}-{kind}", work.service()));
    if let Some(kind) = kind {
        intend_again(work, kind, letter).await?;
    } else if let Some(id) = timer::of_letter(&letter.consumer, &letter.subject, &letter.event_id) {
        timer::set_again(work, &letter.consumer, id, &letter.key, &letter.headers, &letter.payload).await?;
    } else if door.refused(&letter.consumer) {
        let message = Incoming {
            subject: letter.subject.clone(),
            sequence: 0,
            stored_ns: letter.died_at_us.saturating_mul(1_000),
            message_id: String::new(),
            headers: Arc::new(letter.headers.clone()),
            payload: letter.payload.clone().into(),
        };
        decided.died_again.extend(door.adopt_again(work, &letter.event_id, &message).await?);
    } else if !parked::wait_again(work, &letter.consumer, &letter.event_id).await? {
        // A command: it did not keep its lane, so that what undoes it could run.
        let payload = letter.payload.clone().into();
        let envelope = headers::read(&letter.subject, &letter.headers, payload)
            .map_err(|error| StoreError::Refused(format!("dead letter {}: {error}", letter.id)))?;
        let original = Original { subject: letter.subject.clone(), headers: Arc::new(letter.headers.clone()) };
        parked::put_back(work, &letter.consumer, &original, &envelope, &letter.history).await?;
    }
    decided.consumers.insert(letter.consumer.clone());
    Ok(None)
}

/// The call is written down again as one that was tried before: it may have gone through, so the other side is asked first.
async fn intend_again(work: &mut Work, kind: &str, letter: &Open) -> Result<(), StoreError> {
    let refused = |error: serde_json::Error| StoreError::Refused(format!("dead letter {}: {error}", letter.id));
    let cause = get_header(&letter.headers, "ensue-intent-cause").unwrap_or("{}");
    let mut cause: Cause = serde_json::from_str(cause).map_err(refused)?;
    // What giving up led to has ids of this actor; what follows now is something else.
    cause.actor = format!("{}/again-{}", cause.actor, letter.died_at_us);
    let now = work.now_us();
    let sql = "INSERT INTO intents (id, kind, key, arrival, payload, cause, attempts, next_at_us, leased_until_us, history) \
               SELECT $1, $2, $3, COALESCE((SELECT MAX(arrival) FROM intents WHERE kind = $2 AND key = $3), 0) + 1, $4, $5, 1, $6, 0, $7 \
               WHERE true ON CONFLICT (id) DO NOTHING";
    let cause = serde_json::to_string(&cause).map_err(refused)?;
    let params = params![&letter.event_id, kind, &letter.key, letter.payload.as_slice(), cause, now, &letter.history];
    work.execute(sql, params).await?;
    work.poke(kind);
    Ok(())
}

/// The letter, if it is open; else why nothing can be done with it.
async fn find(work: &mut Work, id: &str) -> Result<Result<Open, &'static str>, StoreError> {
    let sql = format!(
        "SELECT id, consumer, event_id, key, subject, headers, payload, reason, history, state, died_at_us \
         FROM dead_letters WHERE id = $1{}",
        work.for_update()
    );
    let Some(row) = work.row(&sql, params![id]).await? else { return Ok(Err("unknown")) };
    Ok(match row.get::<String>("state")?.as_str() {
        "redriven" => Err("already_redriven"),
        "discarded" => Err("already_discarded"),
        _ => Ok(read(&row)?),
    })
}

fn read(row: &Row) -> Result<Open, StoreError> {
    let headers = serde_json::from_str(&row.get::<String>("headers")?).map_err(|error| StoreError::Refused(error.to_string()))?;
    Ok(Open {
        id: row.get("id")?,
        consumer: row.get("consumer")?,
        event_id: row.get("event_id")?,
        key: row.get("key")?,
        subject: row.get("subject")?,
        headers,
        payload: row.get("payload")?,
        reason: row.get("reason")?,
        history: row.get("history")?,
        died_at_us: row.get("died_at_us")?,
    })
}

async fn mark(work: &mut Work, id: &str, state: &str, note: &str) -> Result<(), StoreError> {
    let now = work.now_us();
    let sql = "UPDATE dead_letters SET state = $1, settled_at_us = $2, note = $3 WHERE id = $4";
    work.execute(sql, params![state, now, dead::plain(note, 1_000), id]).await.map(|_| ())
}

fn bounded(ids: &[String]) -> Result<(), StoreError> {
    if ids.len() > IDS { Err(StoreError::Refused(format!("{} ids, at most {IDS}", ids.len()))) } else { Ok(()) }
}

impl Decided {
    fn note(&mut self, id: &str, refusal: Option<&str>) {
        let refusal = refusal.unwrap_or_default();
        self.settled.push(platform::DeadSettled { id: id.to_owned(), done: refusal.is_empty(), refusal: refusal.to_owned() });
    }
}

impl Desk {
    /// The commit is done: those who have something to do are woken.
    fn tell(&self, decided: Decided, what: &str) -> platform::DeadSettleResponse {
        for handle in self.consumers.iter().filter(|handle| decided.consumers.contains(&handle.name)) {
            handle.wake();
        }
        for letter in decided.settled.iter().filter(|letter| letter.done) {
            tracing::info!(service = self.store.service(), dead_letter = letter.id, what, "dead letter settled");
        }
        dead::announce(&self.broker, decided.died_again);
        platform::DeadSettleResponse { settled: decided.settled, error: String::new() }
    }
}
