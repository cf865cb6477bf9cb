//! The calls to the provider: made outside any transaction, settled in one.
//!
//! From the second try on the provider is asked what became of the first before anything is charged again: the process may have been
//! killed between its yes and our commit, and a time-out says nothing. After the last try a charge counts as failed; if the provider
//! was silent to the last, it is inquired into until it speaks, and what was charged goes back.

use std::sync::Arc;
use std::time::Duration;

use delivery::{Intent, IntentHandler};
use futures::future::BoxFuture;
use messaging::{Done, Failure, Outcome};
use store::Work;

use super::carry_out::{Context, carry_out};
use crate::domain::{self, ChargeOutcome, Decision, Money, RefundOutcome};
use crate::outside::{ChargeCall, PaymentProvider, ProviderError, RefundCall};
use crate::store::{self as rows, By, Record};

/// One executor for everything that is asked about an order, so that a refund waits for the charge before it.
pub struct AskProvider {
    /// Who is asked.
    pub provider: Arc<dyn PaymentProvider>,
    /// How long it has for an answer.
    pub timeout: Duration,
}

/// What is asked. The intent's id is the idempotency key, its key the order.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub enum Call {
    /// Take the money under the intent's id.
    Charge { minor_units: i64, currency: String, method: String, token: String },
    /// Give money back under the intent's id; `answers`: who sent the command waits for an answer, also for a no.
    Refund { payment_id: String, minor_units: i64, currency: String, answers: bool },
    /// Was this taken after all?
    Inquire { payment_id: String },
}

/// The provider's word.
#[derive(Clone, Debug)]
pub enum Answer {
    /// On a charge.
    Charge(ChargeOutcome),
    /// On a refund.
    Refund(RefundOutcome),
    /// On an inquiry: its own id of the charge that it made.
    Inquiry(Option<String>),
}

impl IntentHandler for AskProvider {
    type Call = Call;
    type Answer = Answer;
    const KIND: &'static str = "provider";

    /// A look, a charge and a last look.
    fn limit(&self) -> Option<Duration> {
        Some(self.timeout * 3 + Duration::from_secs(1))
    }

    async fn call(&self, intent: &Intent<Call>) -> Result<Answer, Failure> {
        match &intent.call {
            Call::Charge { minor_units, currency, method, token } => {
                let amount = Money::new(*minor_units, currency.clone());
                self.charge(intent, ChargeCall { amount, method: method.clone(), token: token.clone() }).await.map(Answer::Charge)
            }
            Call::Refund { payment_id, minor_units, currency, .. } => {
                let call = RefundCall { charge_key: payment_id.clone(), amount: Money::new(*minor_units, currency.clone()) };
                // The same key again is the same refund: no need to look first.
                match self.within(self.provider.refund(&intent.id, &call)).await {
                    Ok(_) => Ok(Answer::Refund(RefundOutcome::Refunded)),
                    Err(ProviderError::Declined { reason }) => Ok(Answer::Refund(RefundOutcome::Refused { reason })),
                    Err(error) => Err(Failure::retry(error)),
                }
            }
            Call::Inquire { payment_id } => self.lookup(payment_id).await.map(Answer::Inquiry).map_err(Failure::retry),
        }
    }

    async fn settle(&self, intent: &Intent<Call>, answer: &Answer, work: &mut Work) -> Outcome {
        let before = locked(work, &intent.key).await?;
        let decision = match answer.clone() {
            Answer::Charge(outcome) => domain::settle_charge(&before.payment, outcome),
            Answer::Refund(outcome) => settle_refund(&before, &intent.id, outcome, work).await?,
            Answer::Inquiry(charged) => domain::settle_inquiry(&before.payment, charged.as_deref()),
        };
        conclude(work, intent, before, decision).await
    }

    async fn give_up(&self, intent: &Intent<Call>, error: &str, work: &mut Work) -> Outcome {
        let before = locked(work, &intent.key).await?;
        let decision = match &intent.call {
            Call::Charge { .. } => domain::settle_charge(&before.payment, ChargeOutcome::Unknown),
            Call::Refund { .. } => settle_refund(&before, &intent.id, RefundOutcome::Refused { reason: error.to_owned() }, work).await?,
            Call::Inquire { .. } => domain::give_up_inquiry(&before.payment, error),
        };
        conclude(work, intent, before, decision).await
    }
}

impl AskProvider {
    async fn charge(&self, intent: &Intent<Call>, call: ChargeCall) -> Result<ChargeOutcome, Failure> {
        let charged = |provider_reference| ChargeOutcome::Charged { provider_reference };
        if intent.attempt > 1 {
            match self.lookup(&intent.id).await {
                Ok(Some(reference)) => return Ok(charged(reference)),
                Ok(None) => {}
                // It is never charged again by somebody who does not know what became of the first try.
                Err(_) if intent.last => return Ok(ChargeOutcome::Unknown),
                Err(error) => return Err(Failure::retry(error)),
            }
        }
        match self.within(self.provider.charge(&intent.id, &call)).await {
            Ok(receipt) => Ok(charged(receipt.reference)),
            Err(ProviderError::Declined { reason }) => Ok(ChargeOutcome::Declined { reason }),
            Err(error) if !intent.last => Err(Failure::retry(error)),
            Err(_) => Ok(match self.lookup(&intent.id).await {
                Ok(Some(reference)) => charged(reference),
                Ok(None) => ChargeOutcome::TimedOut,
                Err(_) => ChargeOutcome::Unknown,
            }),
        }
    }

    /// The provider's id of what happened under a key.
    async fn lookup(&self, key: &str) -> Result<Option<String>, ProviderError> {
        Ok(self.within(self.provider.lookup(key)).await?.map(|entry| entry.reference))
    }

    async fn within<T>(&self, call: BoxFuture<'_, Result<T, ProviderError>>) -> Result<T, ProviderError> {
        tokio::time::timeout(self.timeout, call).await.unwrap_or(Err(ProviderError::Timeout))
    }
}

async fn locked(work: &mut Work, order_id: &str) -> Result<Record, Failure> {
    let by = By::Order(order_id.to_owned());
    rows::lock(work, &by).await?.ok_or_else(|| Failure::dead(format!("order {order_id} has no payment")))
}

async fn settle_refund(before: &Record, refund_id: &str, outcome: RefundOutcome, work: &mut Work) -> Result<Decision, Failure> {
    let refund = rows::find_refund(work, refund_id).await?.ok_or_else(|| Failure::dead(format!("there is no refund {refund_id}")))?;
    Ok(domain::settle_refund(&before.payment, &refund, outcome))
}

async fn conclude(work: &mut Work, intent: &Intent<Call>, before: Record, decision: Decision) -> Outcome {
    let answers = match &intent.call {
        Call::Refund { answers, .. } => *answers,
        Call::Charge { .. } | Call::Inquire { .. } => false,
    };
    let context = Context { cause: intent.cause.clone(), customer: None, answers };
    carry_out(work, &intent.key, Some(before), decision, &context).await?;
    Ok(Done)
}
