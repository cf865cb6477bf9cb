//! One confirmation mail for each order that was ever confirmed, and none for the others.

use contracts::notifications::v1::{Notification, NotificationStatus};
use contracts::orders::v1::{Order, SagaStepState};
use ensue_cli::text;

use super::finding::Finding;
use super::orders::by_order;
use super::picture::{Picture, stands};

/// The saga's last step.
const CONFIRM: &str = "confirm";

/// Confirmation mails against orders. One that the customer does not want, or that has nowhere to go, counts as written.
pub fn finding(picture: &Picture) -> Finding {
    let by_order = by_order(&picture.mails, |mail| &mail.order_id);
    let mut differences = Vec::new();
    let mut expected = 0;
    for order in picture.orders.values() {
        let mails = by_order.get(&order.order_id).map(Vec::as_slice).unwrap_or_default();
        let confirmed = was_confirmed(picture, order);
        expected += usize::from(confirmed);
        if mails.len() != usize::from(confirmed) {
            let was = if confirmed { "was" } else { "was never" };
            differences.push(format!("order {} {was} confirmed and has {}", order.order_id, text::count(mails.len(), "confirmation mail")));
        }
        for mail in mails.iter().filter(|mail| !is_done(mail, order)) {
            let status = mail.status().as_str_name().trim_start_matches("NOTIFICATION_STATUS_").to_ascii_lowercase();
            differences.push(format!("order {}: confirmation mail {} is {status} {}", order.order_id, mail.notification_id, mail.error));
        }
    }
    for (order_id, mails) in &by_order {
        if !picture.orders.contains_key(order_id) {
            differences.push(format!("{} of order {order_id}, which nobody knows", text::count(mails.len(), "confirmation mail")));
        }
    }
    Finding::new("confirmation mails", expected, picture.mails.len(), differences)
}

/// Also when it was cancelled later: the ledger keeps that.
fn was_confirmed(picture: &Picture, order: &Order) -> bool {
    let went_through =
        |state| !matches!(state, SagaStepState::Unspecified | SagaStepState::Pending | SagaStepState::Running | SagaStepState::Failed);
    let saga = order.saga.as_ref().or_else(|| picture.sagas.get(&order.order_id));
    stands(order) || saga.is_some_and(|saga| saga.steps.iter().any(|step| step.name == CONFIRM && went_through(step.state())))
}

fn is_done(mail: &Notification, order: &Order) -> bool {
    match mail.status() {
        NotificationStatus::Sent | NotificationStatus::Suppressed => true,
        NotificationStatus::Failed => order.contact.as_ref().is_none_or(|contact| contact.email.is_empty()),
        NotificationStatus::Pending | NotificationStatus::Unspecified => false,
    }
}
