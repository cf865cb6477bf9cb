//! The processor's call: a file is read outside any transaction, and what is in it settled in one.

use std::time::Duration;

use delivery::{Intent, IntentHandler};
use messaging::{Done, Failure, ObjectError, Outcome};
use store::Work;

use super::{Reader, Unread};
use crate::commands::{Verdict, settle};
use crate::domain::{Data, Heart};
use crate::store::Who;

/// Reads recordings; those of one workout one after the other.
pub struct Read {
    pub reader: Reader,
    pub heart: Heart,
}

/// Which recording.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Call {
    #[serde(flatten)]
    pub who: Who,
    pub data: Data,
    /// IANA.
    pub time_zone: Option<String>,
}

impl IntentHandler for Read {
    type Call = Call;
    type Answer = (Verdict, Data);
    const KIND: &'static str = "read";

    fn limit(&self) -> Option<Duration> {
        Some(Duration::from_secs(120))
    }

    async fn call(&self, intent: &Intent<Call>) -> Result<(Verdict, Data), Failure> {
        self.reader.read(intent.call.data.clone()).await.map_err(|unread| match unread {
            Unread::Object(ObjectError::Unavailable(error)) => Failure::Unavailable { error },
            other => Failure::retry(other),
        })
    }

    async fn settle(&self, intent: &Intent<Call>, (verdict, data): &(Verdict, Data), work: &mut Work) -> Outcome {
        let Call { who, time_zone, .. } = &intent.call;
        settle(work, &intent.cause, who, data, time_zone.clone(), verdict, self.heart).await?;
        Ok(Done)
    }

    async fn give_up(&self, _intent: &Intent<Call>, _error: &str, _work: &mut Work) -> Outcome {
        // Nobody knows what is in the file: the dead letter says why, and can be redriven.
        Ok(Done)
    }
}
