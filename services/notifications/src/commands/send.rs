//! `notifications.send`: another service, or somebody by hand, wants a person to be told something.

use std::sync::Arc;

use contracts_notifications::v1::SendMessage;
use delivery::{Handler, Received};
use messaging::{Done, Failure, Outcome};
use store::Work;

use super::{Notify, named};
use crate::domain::Wanted;

/// Sends one message.
pub struct Send(pub Arc<Notify>);

impl Handler for Send {
    type Input = SendMessage;

    async fn handle(&self, command: Received<SendMessage>, work: &mut Work) -> Outcome {
        let cause = command.cause().clone();
        let envelope = command.envelope().clone();
        let wanted = Wanted::try_from(command.into_body()).map_err(Failure::dead)?;
        let mut ask = wanted.ask(&self.0.templates).map_err(Failure::dead)?;
        ask.id = named(&envelope, ask.channel, &ask.template);
        (ask.cause_id, ask.cause_type) = (envelope.id, envelope.type_);
        self.0.tell(work, vec![(ask, cause)]).await?;
        Ok(Done)
    }
}
