//! An intent whose row can't be read, written by another version of the program or by hand: a dead letter, so that what is behind it goes on.

use catalogue::platform::v1::DeadLetterAnnounced;
use messaging::Cause;
use store::{Row, StoreError, params};

use super::IntentHandler;
use super::conclude::headers;
use super::run::Executor;
use crate::dead::{self, Attempt, Letter, Reason};

impl<H: IntentHandler> Executor<H> {
    /// Nobody is told that it failed: what the call was to say is not known.
    pub(super) async fn bury_unreadable(&self, row: &Row, error: &StoreError) -> Result<(), StoreError> {
        let (id, key, cause): (String, String, String) = (row.get("id")?, row.get("key")?, row.get("cause")?);
        let (payload, attempt): (Vec<u8>, u32) = (row.get("payload")?, row.get("attempts")?);
        let (actor, error) = (self.actor.clone(), format!("the intent can't be read: {error}"));
        let buried: Option<DeadLetterAnnounced> = self
            .setup
            .store
            .write::<_, StoreError, _>(move |work| {
                Box::pin(async move {
                    let sql = "DELETE FROM intents WHERE id = $1 AND attempts = $2";
                    if work.execute(sql, params![&id, attempt]).await? == 0 {
                        return Ok(None);
                    }
                    let known: Option<Cause> = serde_json::from_str(&cause).ok();
                    let (subject, headers) = (format!("intents.{}", H::KIND), headers(&key, cause));
                    let mut letter = Letter::foreign(&actor, &id, &subject, &headers, &payload);
                    letter.type_ = H::KIND;
                    letter.key = &key;
                    letter.attempts = vec![Attempt::new(work.now_us(), &error)];
                    letter.error = error;
                    if let Some(cause) = known {
                        letter.cause = cause;
                    }
                    letter.reason = Reason::Rejected;
                    dead::write(work, letter).await.map(Some)
                })
            })
            .await?;
        dead::announce(&self.setup.broker, buried.into_iter().collect());
        Ok(())
    }
}
