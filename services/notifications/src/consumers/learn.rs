//! How users are reached, learnt from what they tell the users service: for events that bring no contact of their own.

use catalogue::types::v1 as types;
use contracts_users::v1::{UserDeleted, UserProfileUpdated, UserRegistered};
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::{StoreError, Work};

use crate::domain::Contact;
use crate::{store as rows, wire};

/// A user is new.
pub struct Meet;

impl Handler for Meet {
    type Input = UserRegistered;

    async fn handle(&self, event: Received<UserRegistered>, work: &mut Work) -> Outcome {
        learn(work, &event.user_id, event.contact.as_ref()).await?;
        Ok(Done)
    }
}

/// A user is reached otherwise now.
pub struct Learn;

impl Handler for Learn {
    type Input = UserProfileUpdated;

    async fn handle(&self, event: Received<UserProfileUpdated>, work: &mut Work) -> Outcome {
        learn(work, &event.user_id, event.contact.as_ref()).await?;
        Ok(Done)
    }
}

/// A user is gone.
pub struct Forget;

impl Handler for Forget {
    type Input = UserDeleted;

    async fn handle(&self, event: Received<UserDeleted>, work: &mut Work) -> Outcome {
        rows::forget(work, &event.user_id).await?;
        Ok(Done)
    }
}

/// What is given replaces what was known; what is not, and where they want quiet, stays.
async fn learn(work: &mut Work, user_id: &str, contact: Option<&types::Contact>) -> Result<(), StoreError> {
    let Some(contact) = contact else { return Ok(()) };
    let given = wire::contact(contact.clone());
    let mut known = rows::of_users(work, &[user_id].into()).await?.remove(user_id).unwrap_or_default();
    let Contact { email, phone, device_token, locale } = &mut known.contact;
    for (given, known) in [(given.email, email), (given.phone, phone), (given.device_token, device_token), (given.locale, locale)] {
        if !given.is_empty() {
            *known = given;
        }
    }
    rows::put(work, user_id, &known).await
}
