//! Calls to the outside world: written down in a transaction, made outside any, settled in another. At least once, under an
//! idempotency key, and after an unclear answer the other side is asked first.

mod conclude;
mod lease;
mod run;
mod unreadable;

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use messaging::{Cause, Done, Failure, Outcome};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{StoreError, Work, params};

pub use lease::release_all;
pub use run::{IntentSetup, start};

/// A call that is to be made.
#[derive(Clone, Debug)]
pub struct Intent<C> {
    /// The idempotency key.
    pub id: String,
    /// Calls of one kind under the same key are made one after the other.
    pub key: String,
    /// What to say.
    pub call: C,
    /// What it follows from.
    pub cause: Cause,
    /// Which try this is, from 1. From the second on an earlier one may have gone through: ask before doing it again.
    pub attempt: u32,
    /// No other try follows this one: what is still unclear after it stays so.
    pub last: bool,
}

/// Makes calls of one kind.
pub trait IntentHandler: Send + Sync + 'static {
    /// What to say.
    type Call: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// What the outside world answered.
    type Answer: Send + Sync;
    /// The kind's name within its service, `[a-z0-9_-]+`.
    const KIND: &'static str;

    /// How long one call may take, where that is known to be less than the host allows: after a crash another process waits for as long
    /// before it makes the call.
    fn limit(&self) -> Option<Duration> {
        None
    }

    /// Calls, outside any transaction. `Retry`: it may work, or may have worked; `Dead`: it never will; `Unavailable`: counts as no attempt.
    fn call(&self, intent: &Intent<Self::Call>) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;

    /// Writes down what was answered; the intent ends in the same transaction. It may be run again before its commit.
    fn settle(&self, intent: &Intent<Self::Call>, answer: &Self::Answer, work: &mut Work) -> impl Future<Output = Outcome> + Send;

    /// How many answers may be written down in one unit of work: those that came while the one before was committed. More than 1 is for kinds
    /// that say it in few statements ([`settle_all`](Self::settle_all)), and whose rows nobody else locks: they wait for each other.
    fn together(&self) -> usize {
        1
    }

    /// The same as [`settle`](Self::settle) for many. If it fails, they are settled one by one.
    fn settle_all(&self, settled: &[(&Intent<Self::Call>, &Self::Answer)], work: &mut Work) -> impl Future<Output = Outcome> + Send {
        async move {
            for (intent, answer) in settled {
                self.settle(intent, answer, work).await?;
            }
            Ok(Done)
        }
    }

    /// No more tries: writes down that it failed; a dead letter is kept beside it.
    fn give_up(&self, intent: &Intent<Self::Call>, error: &str, work: &mut Work) -> impl Future<Output = Outcome> + Send;
}

/// A call to be written down.
#[derive(Clone, Debug)]
pub struct Planned<C> {
    /// The idempotency key.
    pub id: String,
    /// Calls of one kind under the same key are made one after the other.
    pub key: String,
    /// What to say.
    pub call: C,
    /// What it follows from.
    pub cause: Cause,
}

/// Writes a call down. The same id again is the same call: it is not made twice.
pub async fn intend<H: IntentHandler>(work: &mut Work, id: &str, key: &str, call: &H::Call, cause: &Cause) -> Result<(), StoreError> {
    let planned = Planned { id: id.to_owned(), key: key.to_owned(), call: call.clone(), cause: cause.clone() };
    intend_all::<H>(work, &[planned]).await
}

/// The same for many calls, some hundreds a statement. Those of one key are made in the order given.
pub async fn intend_all<H: IntentHandler>(work: &mut Work, planned: &[Planned<H::Call>]) -> Result<(), StoreError> {
    if planned.is_empty() {
        return Ok(());
    }
    let mut before: HashMap<&str, i64> = HashMap::new();
    let mut rows = Vec::with_capacity(planned.len());
    for Planned { id, key, call, cause } in planned {
        let refused = |error: serde_json::Error| StoreError::Refused(format!("intent {id}: {error}"));
        let payload = serde_json::to_vec(call).map_err(refused)?;
        // What the answer leads to has ids of its own: the transaction that wrote the call down may have emitted under the same cause.
        let cause = Cause { actor: format!("{}-{}/{id}", work.service(), H::KIND), ..cause.clone() };
        let cause = serde_json::to_string(&cause).map_err(refused)?;
        let ahead = before.entry(key).or_default();
        *ahead += 1;
        rows.push(params![id, key, *ahead, payload, cause]);
    }
    let now = work.now_us();
    let row =
        "(?1, $1, ?2, COALESCE((SELECT MAX(i.arrival) FROM intents i WHERE i.kind = $1 AND i.key = ?2), 0) + ?3, ?4, ?5, 0, $2, 0, '[]')";
    let sql = "INSERT INTO intents (id, kind, key, arrival, payload, cause, attempts, next_at_us, leased_until_us, history) VALUES {rows} \
               ON CONFLICT (id) DO NOTHING";
    work.over_rows(sql, row, params![H::KIND, now], rows).await?;
    work.poke(H::KIND);
    Ok(())
}
