//! What a filter means: names made the catalogue's own, times made bounds.

use std::sync::Arc;

use catalogue::events::v1 as wire;
use catalogue::{Catalogue, EVERY_SERVICE, Entry};
use messaging::Kind;

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    NewestFirst,
    OldestFirst,
    /// By version, of one aggregate.
    Sequence,
}

/// A question about the log.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// The types that are meant: those named, else every event that fits the rest. Commands only where they are named.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// Whether types were named.
    pub(crate) typed: bool,
    /// Whether `entries` are fewer than all events.
    pub(crate) narrowed: bool,
    pub(crate) aggregate_type: String,
    pub(crate) key: String,
    pub(crate) correlation_id: String,
    pub(crate) source: String,
    /// At or after, microseconds since 1970.
    pub(crate) lowest_us: Option<i64>,
    /// Before.
    pub(crate) below_us: Option<i64>,
    /// Asked for what is strictly later than a time.
    pub(crate) after: bool,
}

impl Filter {
    /// Reads a filter; what is in no catalogue is most likely a typo, and an empty list would hide it.
    ///
    /// # Errors
    /// Each field that is wrong, and why.
    pub(crate) fn read(filter: &wire::EventFilter, catalogue: &Catalogue) -> Result<Self, Vec<(String, String)>> {
        let mut wrong = Vec::new();
        let mut named: Vec<Arc<Entry>> = Vec::new();
        for (at, name) in filter.types.iter().enumerate() {
            match catalogue.find(name) {
                Some(entry) if named.iter().any(|known| Arc::ptr_eq(known, entry)) => {}
                Some(entry) => named.push(entry.clone()),
                None => wrong.push((format!("filter.types[{at}]"), format!("type {name} is in no catalogue"))),
            }
        }
        let known = |fits: &dyn Fn(&Entry) -> bool| catalogue.entries().iter().any(|entry| fits(entry));
        if !filter.domain.is_empty() && !known(&|entry| entry.owner() == filter.domain) {
            wrong.push(("filter.domain".to_owned(), format!("no type of the catalogue is in domain {}", filter.domain)));
        }
        if !filter.aggregate_type.is_empty() && !known(&|entry| entry.aggregate == filter.aggregate_type) {
            wrong.push(("filter.aggregate_type".to_owned(), format!("no type of the catalogue is about a {}", filter.aggregate_type)));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let typed = !filter.types.is_empty();
        let narrowed = typed || !filter.domain.is_empty() || !filter.aggregate_type.is_empty() || !filter.source.is_empty();
        let all = catalogue.entries().iter().filter(|entry| entry.kind == Kind::Event).cloned();
        let mut entries: Vec<Arc<Entry>> = if typed { named } else { all.collect() };
        entries.retain(|entry| {
            (filter.domain.is_empty() || entry.owner() == filter.domain)
                && (filter.aggregate_type.is_empty() || entry.aggregate == filter.aggregate_type)
                && (filter.source.is_empty() || may_write(entry, &filter.source))
        });
        let after = filter.after.as_ref().map(|after| floor(after) + 1);
        Ok(Self {
            entries,
            typed,
            narrowed,
            aggregate_type: filter.aggregate_type.clone(),
            key: filter.key.clone(),
            correlation_id: filter.correlation_id.clone(),
            source: filter.source.clone(),
            lowest_us: filter.from.as_ref().map(ceiling).max(after),
            below_us: filter.to.as_ref().map(ceiling),
            after: after.is_some(),
        })
    }

    /// Whether one aggregate is meant.
    pub(crate) fn is_of_one(&self) -> bool {
        !self.aggregate_type.is_empty() && !self.key.is_empty()
    }

    /// The order that the question suggests.
    pub(crate) fn order(&self) -> Order {
        match (self.is_of_one(), self.after) {
            (true, _) => Order::Sequence,
            (false, true) => Order::OldestFirst,
            (false, false) => Order::NewestFirst,
        }
    }

    /// The names under which the types that are meant may stand in the log, older names included.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().flat_map(|entry| entry.aliases.iter().chain([&entry.type_])).map(String::as_str)
    }

    /// Whether an event is one of those that are meant.
    pub(crate) fn matches(&self, event: &wire::Event) -> bool {
        let time_us = event.time.as_ref().map_or(0, floor);
        let is = |wanted: &str, given: &str| wanted.is_empty() || wanted == given;
        let type_ = if self.narrowed { self.names().any(|name| name == event.r#type) } else { event.kind == "event" };
        type_
            && is(&self.aggregate_type, &event.aggregate_type)
            && is(&self.key, &event.key)
            && is(&self.correlation_id, &event.correlation_id)
            && is(&self.source, &event.source)
            && self.lowest_us.is_none_or(|lowest| time_us >= lowest)
            && self.below_us.is_none_or(|below| time_us < below)
    }
}

fn may_write(entry: &Entry, source: &str) -> bool {
    entry.kind == Kind::Command || entry.service == source || entry.service == EVERY_SERVICE
}

/// The microsecond that a time is in.
fn floor(time: &prost_types::Timestamp) -> i64 {
    time.seconds.saturating_mul(1_000_000).saturating_add(i64::from(time.nanos) / 1_000)
}

/// The first microsecond that is not before a time.
fn ceiling(time: &prost_types::Timestamp) -> i64 {
    floor(time).saturating_add(i64::from(time.nanos % 1_000 > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: impl FnOnce(&mut wire::EventFilter)) -> Result<Filter, Vec<(String, String)>> {
        let mut filter = wire::EventFilter::default();
        change(&mut filter);
        Filter::read(&filter, &testkit::sample::catalogue())
    }

    fn time(seconds: i64, nanos: i32) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos })
    }

    #[test]
    fn an_older_name_means_the_type() {
        let filter = read(|filter| filter.types = vec!["order.created".to_owned(), "order.placed".to_owned()]).unwrap();
        assert_eq!(filter.entries.iter().map(|entry| entry.type_.as_str()).collect::<Vec<_>>(), ["order.placed"]);
        assert_eq!(filter.names().collect::<Vec<_>>(), ["order.created", "order.placed"]);
    }

    #[test]
    fn what_is_in_no_catalogue_is_named() {
        let wrong = read(|filter| {
            filter.types = vec!["order.placed".to_owned(), "order.plcaed".to_owned()];
            filter.domain = "ordre".to_owned();
            filter.aggregate_type = "ordre".to_owned();
        });
        let fields: Vec<String> = wrong.unwrap_err().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["filter.types[1]", "filter.domain", "filter.aggregate_type"]);
    }

    #[test]
    fn commands_are_meant_only_by_name() {
        assert!(read(|_| {}).unwrap().entries.iter().all(|entry| entry.kind == Kind::Event));
        let named = read(|filter| filter.types = vec!["inventory.restock".to_owned()]).unwrap();
        assert_eq!(named.entries[0].kind, Kind::Command);
    }

    #[test]
    fn the_question_suggests_the_order() {
        let one = |filter: &mut wire::EventFilter| {
            filter.aggregate_type = "order".to_owned();
            filter.key = "1".to_owned();
        };
        assert_eq!(read(one).unwrap().order(), Order::Sequence);
        assert_eq!(read(|filter| filter.after = time(1, 0)).unwrap().order(), Order::OldestFirst);
        assert_eq!(read(|filter| filter.domain = "order".to_owned()).unwrap().order(), Order::NewestFirst);
    }

    #[test]
    fn times_are_bounds_to_the_nanosecond() {
        let bounds = |filter: Filter| (filter.lowest_us, filter.below_us);
        let of = |change: &dyn Fn(&mut wire::EventFilter)| bounds(read(change).unwrap());
        assert_eq!(of(&|filter| filter.after = time(1, 0)), (Some(1_000_001), None));
        assert_eq!(of(&|filter| filter.after = time(1, 999)), (Some(1_000_001), None));
        assert_eq!(of(&|filter| (filter.from, filter.to) = (time(1, 0), time(2, 0))), (Some(1_000_000), Some(2_000_000)));
        assert_eq!(of(&|filter| (filter.from, filter.to) = (time(1, 1), time(2, 1))), (Some(1_000_001), Some(2_000_001)));
    }
}
