//! The history as the events service has it, held against the logs' own heads: every message there, once, in order, and every order's steps allowed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contracts::events::v1::Event;
use contracts::orders::v1::OrderStatus;
use messaging::{Kind, partition_of, stream_of};
use prost_types::value::Kind as Json;

/// The last position by (source, stream, partition).
pub(super) type Heads = BTreeMap<(String, String, u32), u64>;

/// What is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    pub(super) lost: Vec<String>,
    pub(super) doubled: Vec<String>,
    pub(super) disordered: Vec<String>,
}

/// What happens to an order once at most.
const ONCE: &[&str] = &[
    "order.placed",
    "order.confirmed",
    "order.cancelled",
    "inventory.reserved",
    "inventory.deducted",
    "payment.completed",
    "shipment.created",
];

use OrderStatus::*;

/// The ways that an order may go, as `services/orders` promises them, without those that only people take.
const WAYS: &[(OrderStatus, OrderStatus)] = &[
    (Pending, Reserved),
    (Reserved, Paid),
    (Paid, Shipping),
    (Shipping, Confirmed),
    (Confirmed, Dispatched),
    (Dispatched, Delivered),
    (Delivered, Returned),
    (Pending, Cancelled),
    (Reserved, Cancelled),
    (Paid, Cancelled),
    (Shipping, Cancelled),
    (Confirmed, Cancelled),
    // An undo was given up, and came after all: `ensue check` finds those that did not.
    (Pending, CompensationFailed),
    (Reserved, CompensationFailed),
    (Paid, CompensationFailed),
    (Shipping, CompensationFailed),
    (Confirmed, CompensationFailed),
    (CompensationFailed, Cancelled),
];

/// Looks at all of it.
pub(super) fn look(events: &[Event], heads: &Heads) -> Findings {
    let mut findings = Findings::default();
    positions(events, heads, &mut findings);
    versions(events, &mut findings);
    once(events, &mut findings);
    statuses(events, &mut findings);
    findings
}

fn stream(event: &Event) -> String {
    let kind = if event.kind == "command" { Kind::Command } else { Kind::Event };
    stream_of(kind, event.r#type.split('.').next().unwrap_or_default())
}

/// From 1 to the head, without a hole and each once.
fn positions(events: &[Event], heads: &Heads, findings: &mut Findings) {
    let mut seen: BTreeMap<(String, String, u32), BTreeSet<u64>> = BTreeMap::new();
    for event in events {
        let place = (event.source.clone(), stream(event), partition_of(&event.key));
        if !seen.entry(place).or_default().insert(event.position) {
            findings.doubled.push(format!("{} {} is twice in the history", event.r#type, event.id));
        }
    }
    for (place, head) in heads {
        let none = BTreeSet::new();
        let there = seen.get(place).unwrap_or(&none);
        let missing: Vec<u64> = (1..=*head).filter(|position| !there.contains(position)).collect();
        if let (Some(first), (source, stream, partition)) = (missing.first(), place) {
            findings
                .lost
                .push(format!("{source} {stream}/{partition}: {} of {head} messages missing, the first is {first}", missing.len()));
        }
    }
}

/// Within a key, versions go up by one with the positions.
fn versions(events: &[Event], findings: &mut Findings) {
    let mut keys: BTreeMap<_, Vec<(u64, u64)>> = BTreeMap::new();
    for event in events {
        let key = (event.source.as_str(), stream(event), event.aggregate_type.as_str(), event.key.as_str());
        keys.entry(key).or_default().push((event.position, event.sequence));
    }
    for ((source, stream, aggregate_type, key), mut numbers) in keys {
        numbers.sort_unstable();
        let versions = numbers.iter().map(|(_, version)| *version);
        if !versions.clone().eq(1..=numbers.len() as u64) {
            let shown: Vec<u64> = versions.collect();
            findings
                .disordered
                .push(format!("{source} {stream}: {aggregate_type} {key} has the versions {shown:?} in the order of positions"));
        }
    }
}

fn once(events: &[Event], findings: &mut Findings) {
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    for event in events.iter().filter(|event| ONCE.contains(&event.r#type.as_str())) {
        *counts.entry((&event.r#type, &event.key)).or_default() += 1;
    }
    let mut twice: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    twice.sort_unstable();
    findings.doubled.extend(twice.into_iter().map(|((type_, key), count)| format!("{type_} of {key} happened {count} times")));
}

/// Each change begins where the one before ended, and is allowed.
fn statuses(events: &[Event], findings: &mut Findings) {
    let mut orders: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.r#type == "order.status_updated") {
        orders.entry(&event.key).or_default().push(event);
    }
    for (order, mut changes) in orders {
        changes.sort_by_key(|event| event.sequence);
        let mut at = Pending;
        for change in changes {
            let (from, to) = (status(change, "previousStatus", "previous_status"), status(change, "status", "status"));
            let starts = from == OrderStatus::Unspecified || to == Pending; // the change into PENDING, where it is told
            if !(from == at || starts) || !(WAYS.contains(&(at, to)) || to == Pending && at == Pending) {
                findings.disordered.push(format!("order {order} was {at:?} and changed from {from:?} to {to:?}"));
            }
            at = to;
        }
    }
}

fn status(event: &Event, camel: &str, snake: &str) -> OrderStatus {
    let fields = event.data.as_ref().map(|data| &data.fields);
    let value = fields.and_then(|fields| fields.get(camel).or_else(|| fields.get(snake))).and_then(|value| value.kind.as_ref());
    match value {
        Some(Json::StringValue(name)) => OrderStatus::from_str_name(name).unwrap_or(Unspecified),
        _ => Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: u64, version: u64, type_: &str) -> Event {
        Event {
            id: position.to_string(),
            kind: "event".to_owned(),
            source: "orders".to_owned(),
            r#type: type_.to_owned(),
            aggregate_type: "order".to_owned(),
            key: "o1".to_owned(),
            position,
            sequence: version,
            ..Event::default()
        }
    }

    fn heads(head: u64) -> Heads {
        Heads::from([(("orders".to_owned(), "EVENTS_ORDER".to_owned(), partition_of("o1")), head)])
    }

    #[test]
    fn a_hole_and_a_lost_tail_are_losses() {
        let events = [event(1, 1, "order.placed"), event(3, 2, "order.reserved")];
        assert_eq!(look(&events, &heads(4)).lost.len(), 1);
        assert!(look(&events, &heads(4)).lost[0].contains("2 of 4"));
    }

    #[test]
    fn the_same_again_is_doubled() {
        let events = [event(1, 1, "order.placed"), event(2, 2, "order.placed")];
        assert_eq!(look(&events, &heads(2)).doubled, ["order.placed of o1 happened 2 times"]);
    }

    #[test]
    fn a_version_out_of_turn_is_a_violation() {
        let events = [event(1, 2, "order.placed"), event(2, 1, "order.confirmed")];
        assert_eq!(look(&events, &heads(2)).disordered.len(), 1);
    }

    #[test]
    fn a_step_that_no_order_may_take_is_a_violation() {
        let mut change = event(1, 1, "order.status_updated");
        let text = |name: &str| prost_types::Value { kind: Some(Json::StringValue(name.to_owned())) };
        change.data = Some(prost_types::Struct {
            fields: [("previousStatus".to_owned(), text("ORDER_STATUS_PENDING")), ("status".to_owned(), text("ORDER_STATUS_CONFIRMED"))]
                .into(),
        });
        assert_eq!(look(&[change], &heads(1)).disordered.len(), 1);
    }
}
