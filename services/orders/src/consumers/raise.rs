//! `system.error`: what somebody has to look at.

use catalogue::system::v1::SystemError;
use messaging::{Cause, headers};
use store::Work;

use crate::order_saga::plan::CONSUMER;

/// Says that an order needs a person.
pub fn raise(code: &str, order_id: &str, message: String, error: &str, cause: &Cause, work: &mut Work) {
    tracing::error!(order_id, code, message, correlation_id = cause.correlation_id, "somebody has to look");
    let (service, at) = (work.service().to_owned(), headers::timestamp(work.now_us()));
    let raised = SystemError {
        component: CONSUMER.to_owned(),
        service,
        code: code.to_owned(),
        message,
        event_key: order_id.to_owned(),
        consumer: CONSUMER.to_owned(),
        error: error.to_owned(),
        at: Some(at),
        ..SystemError::default()
    };
    work.emit(cause, &raised);
}
