//! What people may do to orders. Each command is one unit of work; whatever it refuses leaves no trace.

mod cancel_order;
mod place_order;
mod retry_saga;
mod return_order;
mod update_order_status;

pub use cancel_order::cancel_order;
pub use place_order::place_order;
pub use retry_saga::retry_saga;
pub use return_order::return_order;
pub use update_order_status::update_order_status;

use service_host::{Refusal, status};
use store::Work;

use crate::domain::Rejection;
use crate::order_saga::Course;
use crate::store::orders;

/// What a caller is told.
fn refusal(rejection: Rejection) -> Refusal {
    let message = rejection.to_string();
    let reason = rejection.reason().to_ascii_uppercase();
    match rejection {
        Rejection::Invalid(violations) => status::invalid(violations.into_iter().map(|it| (it.field, it.description))),
        Rejection::ForbiddenTransition { from, to } => {
            status::failed_precondition(&reason, &message, [("from", from.to_string()), ("to", to.to_string())])
        }
        Rejection::ReturnsTooMuch { product_id, requested, left, .. } => {
            let facts = [("product_id", product_id), ("requested", requested.to_string()), ("left", left.to_string())];
            status::failed_precondition(&reason, &message, facts)
        }
    }
    .into()
}

/// The order that a person decides upon, made of its events. NOT_FOUND where there is none.
async fn order_of(order_id: &str, work: &mut Work) -> Result<Course, Refusal> {
    let found = orders::replay(order_id, work).await?.ok_or_else(|| status::not_found("order", order_id))?;
    Ok(Course::new(found)?)
}
