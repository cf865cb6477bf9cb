//! The calls to the carrier: made outside any transaction, settled in one.
//!
//! A key stands for one booking for ever, so the same call again is safe. A booking of which the carrier never said whether it was made
//! counts as failed, and is taken back.

use std::sync::Arc;
use std::time::Duration;

use delivery::{Intent, IntentHandler};
use futures::future::BoxFuture;
use messaging::{Done, Failure, Outcome};
use store::Work;

use super::carry_out::{Context, carry_out};
use crate::domain::{self, Address, BookingOutcome, Line};
use crate::outside::{Carrier, CarrierError, Consignment};
use crate::store::{self as rows, By};

/// Why a shipment failed when the carrier never answered.
const SILENT: &str = "carrier_timeout";

/// One executor for everything that is asked about an order, so that a cancellation waits for the booking before it.
pub struct AskCarrier {
    /// Who is asked.
    pub carrier: Arc<dyn Carrier>,
    /// How long it has for an answer.
    pub timeout: Duration,
}

/// What is asked; the intent's key is the order.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub enum Call {
    /// Will you take this?
    Book { shipment_id: String, lines: Vec<Line>, address: Address },
    /// Don't come for it.
    Cancel { shipment_id: String },
}

/// The carrier's word.
#[derive(Clone, Debug)]
pub enum Answer {
    /// On a booking.
    Booking(BookingOutcome),
    /// It will not come.
    Cancelled,
}

impl IntentHandler for AskCarrier {
    type Call = Call;
    type Answer = Answer;
    const KIND: &'static str = "carrier";

    fn limit(&self) -> Option<Duration> {
        Some(self.timeout + Duration::from_secs(1))
    }

    async fn call(&self, intent: &Intent<Call>) -> Result<Answer, Failure> {
        match &intent.call {
            Call::Book { shipment_id, lines, address } => {
                let (order_id, lines, address) = (intent.key.clone(), lines.clone(), address.clone());
                let consignment = Consignment { order_id, lines, address };
                match self.within(self.carrier.book(shipment_id, &consignment)).await {
                    Ok(booking) => Ok(BookingOutcome::Booked { tracking_number: booking.tracking_number }),
                    Err(CarrierError::Refused { reason }) => Ok(BookingOutcome::Refused { reason }),
                    Err(_) if intent.last => Ok(BookingOutcome::Unknown { reason: SILENT.to_owned() }),
                    Err(error) => Err(Failure::retry(error)),
                }
                .map(Answer::Booking)
            }
            Call::Cancel { shipment_id } => match self.within(self.carrier.cancel(shipment_id)).await {
                Ok(()) => Ok(Answer::Cancelled),
                Err(error @ CarrierError::Refused { .. }) => Err(Failure::dead(error)),
                Err(error) => Err(Failure::retry(error)),
            },
        }
    }

    async fn settle(&self, intent: &Intent<Call>, answer: &Answer, work: &mut Work) -> Outcome {
        match answer {
            Answer::Booking(outcome) => settle(intent, outcome.clone(), work).await,
            Answer::Cancelled => Ok(Done),
        }
    }

    async fn give_up(&self, intent: &Intent<Call>, _error: &str, work: &mut Work) -> Outcome {
        match &intent.call {
            Call::Book { .. } => settle(intent, BookingOutcome::Unknown { reason: SILENT.to_owned() }, work).await,
            // A van that comes for nothing: the dead letter is for a person to call it off.
            Call::Cancel { .. } => Ok(Done),
        }
    }
}

impl AskCarrier {
    async fn within<T>(&self, call: BoxFuture<'_, Result<T, CarrierError>>) -> Result<T, CarrierError> {
        tokio::time::timeout(self.timeout, call).await.unwrap_or(Err(CarrierError::Timeout))
    }
}

async fn settle(intent: &Intent<Call>, outcome: BookingOutcome, work: &mut Work) -> Outcome {
    let by = By::Order(intent.key.clone());
    let before = rows::lock(work, &by).await?.ok_or_else(|| Failure::dead(format!("order {} has no shipment", intent.key)))?;
    let decision = domain::settle_booking(&before.shipment, outcome);
    let context = Context { cause: intent.cause.clone(), customer: None };
    carry_out(work, &intent.key, Some(before), decision, &context).await?;
    Ok(Done)
}
