//! Finding rows by time. Each question is answered along one index; the other conditions are written so that no planner is led astray.

use ::store::{Params, Store, StoreError, Value};

use super::insert::kind;
use crate::domain::{Filter, Order};

/// A place in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) time_us: i64,
    pub(crate) seq: i64,
}

/// Where the rows that are meant lie, newest or oldest first, behind `after`; `limit` at most.
pub(crate) async fn find(
    store: &Store,
    filter: &Filter,
    order: Order,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Cursor>, StoreError> {
    if filter.entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query { params: Params::new(), newest_first: order == Order::NewestFirst };
    let sql = query.sql(filter, after, limit);
    let rows = store.rows(&sql, query.params).await?;
    rows.iter().map(|row| Ok(Cursor { time_us: row.get("time_us")?, seq: row.get("seq")? })).collect()
}

struct Query {
    params: Params,
    newest_first: bool,
}

impl Query {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    fn sql(&mut self, filter: &Filter, after: Option<Cursor>, limit: usize) -> String {
        if !filter.correlation_id.is_empty() {
            let mut conditions = vec![format!("correlation_id = {}", self.bind(&filter.correlation_id))];
            conditions.extend(self.types(filter));
            if !filter.key.is_empty() {
                conditions.push(format!("(key || '') = {}", self.bind(&filter.key)));
            }
            return self.select(filter, conditions, "time_us", after, limit);
        }
        if !filter.key.is_empty() {
            let mut conditions = vec![format!("key = {}", self.bind(&filter.key))];
            conditions.extend(self.types(filter));
            // In order of time by sorting one key's rows, not by walking through everybody's.
            return self.select(filter, conditions, "(time_us + 0)", after, limit);
        }
        if !filter.narrowed {
            let conditions = vec![format!("kind = {}", self.bind("event"))];
            return self.select(filter, conditions, "time_us", after, limit);
        }
        // The first of each type, then the first of those.
        let names: Vec<&str> = filter.names().collect();
        let each: Vec<String> = names
            .into_iter()
            .enumerate()
            .map(|(at, name)| {
                let conditions = vec![format!("type = {}", self.bind(name))];
                format!("SELECT time_us, seq FROM ({}) AS t{at}", self.select(filter, conditions, "time_us", after, limit))
            })
            .collect();
        let way = self.way();
        format!("{} ORDER BY time_us {way}, seq {way} LIMIT {limit}", each.join(" UNION ALL "))
    }

    fn way(&self) -> &'static str {
        if self.newest_first { "DESC" } else { "ASC" }
    }

    /// The types as a condition beside an index.
    fn types(&mut self, filter: &Filter) -> Option<String> {
        if !filter.narrowed {
            return Some(format!("kind = {}", self.bind(kind(messaging::Kind::Event))));
        }
        let names: Vec<String> = filter.names().map(|name| self.bind(name)).collect();
        Some(format!("(type || '') IN ({})", names.join(", ")))
    }

    fn select(&mut self, filter: &Filter, mut conditions: Vec<String>, time: &str, after: Option<Cursor>, limit: usize) -> String {
        if !filter.aggregate_type.is_empty() && !filter.key.is_empty() {
            conditions.push(format!("aggregate_type = {}", self.bind(&filter.aggregate_type)));
        }
        if !filter.source.is_empty() {
            conditions.push(format!("source = {}", self.bind(&filter.source)));
        }
        if let Some(lowest) = filter.lowest_us {
            conditions.push(format!("{time} >= {}", self.bind(lowest)));
        }
        if let Some(below) = filter.below_us {
            conditions.push(format!("{time} < {}", self.bind(below)));
        }
        let way = self.way();
        if let Some(after) = after {
            let side = if self.newest_first { '<' } else { '>' };
            conditions.push(format!("({time}, seq) {side} ({}, {})", self.bind(after.time_us), self.bind(after.seq)));
        }
        format!("SELECT time_us, seq FROM log WHERE {} ORDER BY {time} {way}, seq {way} LIMIT {limit}", conditions.join(" AND "))
    }
}

#[cfg(test)]
mod tests {
    use ::store::{Clock, Place};
    use catalogue::events::v1::EventFilter;
    use prost_types::Timestamp;

    use super::*;

    /// How SQLite would answer, without any figures about the table: it must be right from the first row on.
    async fn plan(store: &Store, change: impl FnOnce(&mut EventFilter), order: Order) -> String {
        let mut filter = EventFilter { from: Some(Timestamp::default()), ..EventFilter::default() };
        change(&mut filter);
        let filter = Filter::read(&filter, &testkit::sample::catalogue()).unwrap();
        let mut query = Query { params: Params::new(), newest_first: order == Order::NewestFirst };
        let sql = query.sql(&filter, Some(Cursor { time_us: 1, seq: 1 }), 100);
        let rows = store.rows(&format!("EXPLAIN QUERY PLAN {sql}"), query.params).await.unwrap();
        rows.iter().map(|row| row.get::<String>("detail").unwrap()).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn each_question_is_answered_along_one_index() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Sqlite { folder: folder.path().to_owned() };
        let store = Store::open(&place, "events", &crate::MIGRATIONS, Clock::system()).await.unwrap();
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let by_time = plan(&store, |_| {}, order).await;
            assert!(by_time.contains("USING INDEX log_by_time"), "{by_time}");
            let by_type = plan(&store, |filter| filter.types = vec!["order.placed".into(), "payment.completed".into()], order).await;
            assert_eq!(by_type.matches("USING COVERING INDEX log_by_type").count(), 3, "one has an older name: {by_type}");
            let conversation = |filter: &mut EventFilter| {
                (filter.correlation_id, filter.key, filter.domain) = ("c".into(), "k".into(), "order".into());
            };
            let by_correlation = plan(&store, conversation, order).await;
            assert!(by_correlation.contains("USING INDEX log_by_correlation"), "{by_correlation}");
            // What is sorted of types is a page of each.
            for plan in [by_time, by_type.replace("SCAN t", "").replace("USE TEMP B-TREE", ""), by_correlation] {
                assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
            }
            let by_key = plan(&store, |filter| (filter.key, filter.domain) = ("k".into(), "order".into()), order).await;
            assert!(by_key.contains("USING INDEX log_by_key (key=?)"), "{by_key}");
        }
    }
}
