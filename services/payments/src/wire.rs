//! Between what travels and what the domain speaks of. Wire types stop here.

use catalogue::types::v1 as types;
use contracts_payments::v1 as wire;
use messaging::{Failure, headers};
use service_host::status;
use tonic::Status as Answer;

use crate::domain::{Money, Rejection, Status};
use crate::outside::Entry;
use crate::store::{By, Record, RefundRecord};

/// A command that breaks its own rules is dead at once, naming the fields: no repetition mends it.
pub fn checked<M: catalogue::Described>(command: &M) -> Result<(), Failure> {
    catalogue::check(command).map_err(|violations| {
        let faults: Vec<String> = violations.iter().map(ToString::to_string).collect();
        Failure::dead(faults.join("; "))
    })
}

/// An amount as it travels; absent where no currency was ever named.
pub fn money(amount: &Money) -> Option<types::Money> {
    (!amount.currency.is_empty()).then(|| types::Money { minor_units: amount.minor_units, currency: amount.currency.clone() })
}

/// An amount that came.
pub fn amount(money: types::Money) -> Money {
    Money::new(money.minor_units, money.currency)
}

/// One of the two ids; INVALID_ARGUMENT for none and for both.
pub fn by(payment_id: &str, order_id: &str) -> Result<By, Answer> {
    match (payment_id.is_empty(), order_id.is_empty()) {
        (false, true) => Ok(By::Payment(payment_id.to_owned())),
        (true, false) => Ok(By::Order(order_id.to_owned())),
        _ => Err(status::invalid_field("payment_id", "one of payment_id and order_id must be given")),
    }
}

/// NOT_FOUND.
pub fn not_found(by: &By) -> Answer {
    let (By::Order(id) | By::Payment(id)) = by;
    status::not_found("payment", id)
}

/// What a rejected refund is to a caller.
pub fn refused(rejection: &Rejection, left: i64) -> Answer {
    let message = rejection.to_string();
    match rejection {
        Rejection::BadAmount { .. } => status::invalid_field("amount.minor_units", "must be more than 0"),
        Rejection::OtherCurrency { .. } => status::invalid_field("amount.currency", message),
        Rejection::ExceedsLeft { requested, left } => {
            let facts = [("requested", requested.to_string()), ("left", left.to_string())];
            status::failed_precondition("REFUND_EXCEEDS_LEFT", &message, facts)
        }
        Rejection::NotRefundable { status } => {
            let facts = [("status", status.as_str().to_owned()), ("left", left.to_string())];
            status::failed_precondition("PAYMENT_NOT_REFUNDABLE", &format!("{message}; {left} left, in minor units"), facts)
        }
        Rejection::Voided { .. } | Rejection::NoPayment { .. } => status::failed_precondition("PAYMENT_NOT_REFUNDABLE", &message, []),
    }
}

/// A payment with its refunds, as it is shown.
pub fn payment(record: &Record, refunds: &[RefundRecord]) -> wire::Payment {
    let payment = &record.payment;
    wire::Payment {
        payment_id: payment.payment_id.clone(),
        order_id: payment.order_id.clone(),
        amount: money(&payment.amount),
        method: payment.method.clone(),
        provider_reference: payment.provider_reference.clone(),
        status: status_on_wire(payment.status).into(),
        refunded: money(&payment.amount.of_same(payment.refunded)),
        refunds: refunds.iter().map(refund).collect(),
        reason: payment.reason.clone(),
        user_id: record.customer.as_ref().map(|customer| customer.user_id.clone()).unwrap_or_default(),
        created_at: Some(headers::timestamp(record.created_at_us)),
        updated_at: Some(headers::timestamp(record.updated_at_us)),
    }
}

fn refund(record: &RefundRecord) -> wire::Refund {
    use crate::domain::RefundStatus;
    let status = match record.refund.status {
        RefundStatus::Pending => wire::RefundStatus::Pending,
        RefundStatus::Completed => wire::RefundStatus::Completed,
        RefundStatus::Failed => wire::RefundStatus::Failed,
    };
    wire::Refund {
        refund_id: record.refund.refund_id.clone(),
        amount: money(&record.refund.amount),
        reason: record.refund.reason.clone(),
        status: status.into(),
        created_at: Some(headers::timestamp(record.created_at_us)),
    }
}

fn status_on_wire(status: Status) -> wire::PaymentStatus {
    match status {
        Status::Pending => wire::PaymentStatus::Pending,
        Status::Completed => wire::PaymentStatus::Completed,
        Status::Failed => wire::PaymentStatus::Failed,
        Status::PartiallyRefunded => wire::PaymentStatus::PartiallyRefunded,
        Status::Refunded => wire::PaymentStatus::Refunded,
        Status::Voided => wire::PaymentStatus::Voided,
    }
}

/// A status to filter by; `None` for any. INVALID_ARGUMENT for a number that stands for none.
pub fn status_asked(status: i32) -> Result<Option<Status>, Answer> {
    let known = wire::PaymentStatus::try_from(status).map_err(|_| status::invalid_field("status", "is no payment status"))?;
    Ok(match known {
        wire::PaymentStatus::Unspecified => None,
        wire::PaymentStatus::Pending => Some(Status::Pending),
        wire::PaymentStatus::Completed => Some(Status::Completed),
        wire::PaymentStatus::Failed => Some(Status::Failed),
        wire::PaymentStatus::PartiallyRefunded => Some(Status::PartiallyRefunded),
        wire::PaymentStatus::Refunded => Some(Status::Refunded),
        wire::PaymentStatus::Voided => Some(Status::Voided),
    })
}

/// A line of the provider's ledger.
pub fn charge(entry: Entry) -> wire::ProviderCharge {
    wire::ProviderCharge {
        amount: money(&entry.amount()),
        kind: entry.kind.as_str().to_owned(),
        created_at: Some(headers::timestamp(entry.at_us)),
        idempotency_key: entry.idempotency_key,
        provider_reference: entry.reference,
        charge_reference: entry.charge_reference,
    }
}
