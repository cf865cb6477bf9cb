//! What lies in all stores at one time, as far as it must not get lost, come back or happen twice.

use std::collections::{BTreeMap, BTreeSet};

use super::stores::{Numbers, Stores};

const ENDED: &str =
    "SELECT order_id || ' ' || status, COUNT(*) FROM orders WHERE status IN ('CONFIRMED', 'CANCELLED') GROUP BY order_id, status";
const EVENTS: &str = "SELECT id, COUNT(*) FROM events GROUP BY id";
const GAPS: &str =
    "SELECT stream || ' ' || aggregate_type || ' ' || key, MAX(version) - COUNT(*) FROM events GROUP BY stream, aggregate_type, key";
const POSITIONS: &str = "SELECT source || ' ' || stream || ' ' || CAST(partition AS TEXT) || ' ' || consumer, position FROM positions";
const SENT: &str = "SELECT id, COUNT(*) FROM notifications WHERE status = 'sent' GROUP BY id";
const DEAD: &str = "SELECT id, COUNT(*) FROM dead_letters WHERE state = 'open' GROUP BY id";
const PARKED: &str = "SELECT event_id, COUNT(*) FROM parked GROUP BY event_id";
const BEHIND_DEAD: &str = "SELECT event_id, COUNT(*) FROM parked p WHERE EXISTS \
                           (SELECT 1 FROM parked d WHERE d.consumer = p.consumer AND d.lane = p.lane AND d.state = 'dead') GROUP BY event_id";
const UNDONE: &str = "SELECT id, COUNT(*) FROM intents GROUP BY id UNION ALL SELECT id, COUNT(*) FROM timers GROUP BY id";

#[derive(Debug)]
pub struct Picture {
    /// Orders that ended, and how.
    pub ended: Numbers,
    /// How often each event is there.
    pub events: Numbers,
    /// How many versions each key lacks.
    pub gaps: Numbers,
    /// By source, stream, partition and consumer.
    pub positions: Numbers,
    /// By source, stream and partition.
    pub heads: Numbers,
    /// Notifications that left.
    pub sent: Numbers,
    pub parked: Numbers,
    /// Those parked that wait for somebody's decision.
    pub behind_dead: Numbers,
    dead: Numbers,
    /// Intents and timers.
    undone: Numbers,
}

impl Picture {
    pub async fn of(stores: &Stores) -> Self {
        Self {
            ended: stores.of("orders", ENDED).await,
            events: stores.everywhere(EVENTS).await,
            gaps: stores.everywhere(GAPS).await,
            positions: stores.everywhere(POSITIONS).await,
            heads: stores.everywhere(stores.heads()).await,
            sent: stores.of("notifications", SENT).await,
            parked: stores.everywhere(PARKED).await,
            behind_dead: stores.everywhere(BEHIND_DEAD).await,
            dead: stores.everywhere(DEAD).await,
            undone: stores.everywhere(UNDONE).await,
        }
    }

    /// What is still to come: calls, timers, retries, and consumers that have not read to the head of what they read.
    pub fn unrest(&self) -> Vec<String> {
        let behind = |(place, position): &(&String, &i64)| {
            let source = place.split_once(' ').and_then(|(_, place)| place.rsplit_once(' ')).map_or("", |(source, _consumer)| source);
            self.heads.get(source).is_some_and(|head| head != *position)
        };
        let behind = self.positions.iter().filter(behind).map(|(place, position)| format!("{place} at {position}"));
        let parked = self.parked.keys().filter(|event| !self.behind_dead.contains_key(*event)).map(|event| format!("parked {event}"));
        self.undone.keys().cloned().chain(parked).chain(behind).collect()
    }

    /// Ids of open dead letters.
    pub fn dead(&self) -> BTreeSet<&str> {
        ids(&self.dead)
    }

    /// Ids of all events.
    pub fn logged(&self) -> BTreeSet<&str> {
        ids(&self.events)
    }

    /// Heads by service and stream, the partitions added up.
    pub fn heads_by_stream(&self) -> BTreeMap<&str, i64> {
        let mut sums = BTreeMap::new();
        for (place, head) in &self.heads {
            *sums.entry(place.rsplit_once(' ').expect("a partition").0).or_default() += head;
        }
        sums
    }
}

/// Without the service's name before them.
fn ids(rows: &Numbers) -> BTreeSet<&str> {
    rows.keys().map(|row| row.split_once(' ').map_or(row.as_str(), |(_service, id)| id)).collect()
}
