//! Any event -> the messages that its templates make of it. No template: skipped and counted.

use std::sync::Arc;

use catalogue::{Catalogue, Contract as _};
use contracts_notifications::v1::NotificationRequested;
use contracts_payments::v1::PaymentRefunded;
use delivery::{EnvelopeHandler, process_span};
use messaging::{Cause, Done, Envelope, Failure, Outcome};
use serde_json::Value;
use store::Work;
use telemetry::TraceContext;

use crate::commands::{Notify, named};
use crate::domain::{Ask, Channel, Contact, Wanted};

/// The consumer's name.
pub const MAIL: &str = "mail";
const ACTOR: &str = "notifications-mail";

/// Tells people what happened; many events in a few statements.
pub struct Tell(pub Arc<Notify>, pub Catalogue);

impl EnvelopeHandler for Tell {
    async fn handle(&self, batch: &[Arc<Envelope>], work: &mut Work) -> Vec<Outcome> {
        let mut asks = Vec::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for envelope in batch {
            match self.asks(envelope) {
                Ok(more) => asks.extend(more),
                Err(failure) => {
                    outcomes.push(Err(failure));
                    return outcomes;
                }
            }
            outcomes.push(Ok(Done));
        }
        match self.0.tell(work, asks).await {
            Ok(_) => outcomes,
            Err(error) => vec![Err(error.into())],
        }
    }
}

impl Tell {
    fn asks(&self, envelope: &Envelope) -> Result<Vec<(Ask, Cause)>, Failure> {
        if envelope.type_ == NotificationRequested::TYPE {
            return self.requested(envelope).map(|ask| vec![ask]);
        }
        let templates: Vec<(&str, Channel)> = self.0.templates.of(&envelope.type_).collect();
        if templates.is_empty() {
            metrics::counter!("ensue_notifications_skipped_total", "type" => envelope.type_.clone()).increment(1);
            return Ok(Vec::new());
        }
        let data = delivery::to_json(envelope, &self.1)?;
        if !is_worth_telling(&envelope.type_, &data) {
            return Ok(Vec::new());
        }
        let cause = cause(envelope);
        let text = |path: &[&str]| text(&data, path).to_owned();
        let contact = data.pointer("/customer/contact").or_else(|| data.get("contact")).map(contact);
        let whose = text(&["customer", "user_id"]);
        let ask = Ask {
            user_id: if whose.is_empty() { text(&["user_id"]) } else { whose },
            contact,
            about: envelope.type_.clone(),
            order_id: text(&["order_id"]),
            lane: format!("{}/{}", envelope.aggregate_type, envelope.key),
            cause_id: envelope.id.clone(),
            cause_type: envelope.type_.clone(),
            data: Arc::new(data),
            ..Ask::default()
        };
        let each = templates.into_iter().map(|(template, channel)| {
            let id = named(envelope, channel, template);
            (Ask { id, template: template.to_owned(), channel, ..ask.clone() }, cause.clone())
        });
        Ok(each.collect())
    }

    fn requested(&self, envelope: &Envelope) -> Result<(Ask, Cause), Failure> {
        let request: NotificationRequested = delivery::decode(envelope)?;
        let id = request.notification_id.clone();
        let mut ask = Wanted::try_from(request).and_then(|wanted| wanted.ask(&self.0.templates)).map_err(Failure::dead)?;
        (ask.id, ask.cause_id, ask.cause_type) = (id, envelope.id.clone(), envelope.type_.clone());
        Ok((ask, cause(envelope)))
    }
}

/// What follows belongs to a span of this service where the trace is recorded.
fn cause(envelope: &Envelope) -> Cause {
    let mut cause = envelope.cause(ACTOR);
    let span = process_span(envelope, ACTOR);
    if !span.is_disabled() {
        cause.trace = TraceContext::of(&span);
    }
    cause
}

/// Undoing a charge that never was is no news to the customer.
fn is_worth_telling(type_: &str, data: &Value) -> bool {
    type_ != PaymentRefunded::TYPE || data.pointer("/amount/minor_units").and_then(Value::as_i64).is_some_and(|amount| amount > 0)
}

fn contact(data: &Value) -> Contact {
    let field = |name: &str| text(data, &[name]).to_owned();
    Contact { email: field("email"), phone: field("phone"), device_token: field("device_token"), locale: field("locale") }
}

fn text<'a>(data: &'a Value, path: &[&str]) -> &'a str {
    path.iter().try_fold(data, |data, name| data.get(name)).and_then(Value::as_str).unwrap_or_default()
}
