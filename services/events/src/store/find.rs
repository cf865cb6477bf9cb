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
        let names: Vec<&'static str> = filter.names().collect();
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
