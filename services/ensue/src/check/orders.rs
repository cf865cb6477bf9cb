//! Every order has ended well or badly, no saga is on its way, nothing lies dead.

use std::collections::BTreeMap;

use contracts::orders::v1::{OrderStatus, SagaState};

use super::finding::Finding;
use super::picture::{Picture, stands};

/// Sagas in flight, orders without an end, orders whose undoing failed.
pub fn findings(picture: &Picture) -> Vec<Finding> {
    let word = |name: &str, prefix: &str| name.trim_start_matches(prefix).to_ascii_lowercase();
    let sagas = picture.sagas.values().filter(|saga| matches!(saga.state(), SagaState::Running | SagaState::Compensating));
    let sagas = sagas
        .map(|saga| format!("saga {} of order {} is {}", saga.saga_id, saga.order_id, word(saga.state().as_str_name(), "SAGA_STATE_")));
    let ended = |status| matches!(status, OrderStatus::Cancelled | OrderStatus::CompensationFailed);
    let open = picture.orders.values().filter(|order| !stands(order) && !ended(order.status()));
    let open = open.map(|order| format!("order {} is {}", order.order_id, word(order.status().as_str_name(), "ORDER_STATUS_")));
    let failed = picture.orders.values().filter(|order| order.status() == OrderStatus::CompensationFailed);
    let failed =
        failed.map(|order| format!("order {}: {}; see `ensue saga list --state compensation-failed`", order.order_id, order.status_reason));
    let silent: Vec<String> = picture
        .orders
        .values()
        .filter(|order| order.status() == OrderStatus::Cancelled && order.status_reason.is_empty())
        .map(|order| format!("order {} is cancelled without a reason", order.order_id))
        .collect();
    vec![
        Finding::none("sagas in flight", sagas.collect()),
        Finding::none("orders without an end", open.collect()),
        Finding::none("cancelled without a reason", silent),
        Finding::none("compensation failed", failed.collect()),
    ]
}

/// Who has to do with an order: they have to answer. A shop need not run the other services.
const CONCERNED: [&str; 6] = ["orders", "inventory", "payments", "shipping", "notifications", "events"];

/// Open letters, and services that did not say.
pub fn dead_letters(picture: &Picture, allowed: bool) -> Finding {
    let number: u64 = picture.dead.iter().map(|count| count.count).sum();
    let mut differences = Vec::new();
    if !allowed {
        differences.extend(
            picture.dead.iter().map(|count| {
                format!("{} of {} at {}: {}, {}", count.count, count.r#type, count.consumer, count.reason, count.sample_error)
            }),
        );
    }
    let silent = picture.silent.iter().filter(|service| CONCERNED.contains(&service.as_str()));
    differences.extend(silent.map(|service| format!("{service} does not answer for its dead letters")));
    Finding::new("open dead letters", if allowed { "any" } else { "0" }, number, differences)
}

/// Rows by the order they belong to.
pub fn by_order<'a, T>(rows: impl IntoIterator<Item = &'a T>, order_id: impl Fn(&T) -> &str) -> BTreeMap<String, Vec<&'a T>> {
    let mut by_order: BTreeMap<String, Vec<&T>> = BTreeMap::new();
    for row in rows {
        by_order.entry(order_id(row).to_owned()).or_default().push(row);
    }
    by_order
}
