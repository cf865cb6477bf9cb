//! The history of one aggregate. Each domain numbers its own part of it: within a part the numbers rule, between parts the times.

use std::collections::{BTreeMap, VecDeque};

use ::store::{Params, Row, Store, StoreError, Value, params};
use catalogue::EVERY_SERVICE;
use messaging::{Kind, stream_of};

use super::rows::{COLUMNS, Logged, logged};
use crate::domain::Filter;

/// The version reached in each part.
pub(crate) type Reached = BTreeMap<String, u64>;

/// A run of versions: one stream, and one source of it where several write.
struct Part {
    name: String,
    stream: String,
    source: Option<String>,
}

/// Messages of the aggregate behind `reached`, each with its part's name; `limit` at most.
pub(crate) async fn in_sequence(
    store: &Store,
    filter: &Filter,
    reached: &Reached,
    limit: usize,
) -> Result<Vec<(String, Logged)>, StoreError> {
    let mut heads: Vec<(String, VecDeque<Logged>)> = Vec::new();
    for part in parts(store, filter).await? {
        let rows = read(store, filter, &part, reached.get(&part.name).copied().unwrap_or(0), limit).await?;
        heads.push((part.name, rows.into()));
    }
    let mut merged = Vec::new();
    while merged.len() < limit {
        let earliest = heads
            .iter_mut()
            .filter_map(|(name, rows)| rows.front().map(|row| row.envelope.time_us).map(|time_us| (time_us, name, rows)))
            .min_by(|(one, one_name, _), (other, other_name, _)| (one, one_name).cmp(&(other, other_name)));
        let Some((_, name, rows)) = earliest else { break };
        let name = name.clone();
        merged.extend(rows.pop_front().map(|row| (name, row)));
    }
    Ok(merged)
}

async fn parts(store: &Store, filter: &Filter) -> Result<Vec<Part>, StoreError> {
    let mut streams: BTreeMap<String, bool> = BTreeMap::new();
    for entry in &filter.entries {
        let many = entry.kind == Kind::Command || entry.service == EVERY_SERVICE;
        *streams.entry(stream_of(entry.kind, entry.owner())).or_default() |= many;
    }
    let mut parts = Vec::new();
    for (stream, many) in streams {
        if !many {
            parts.push(Part { name: stream.clone(), stream, source: None });
            continue;
        }
        let sql = "SELECT DISTINCT source FROM log WHERE key = $1 AND aggregate_type = $2 AND stream = $3";
        for row in store.rows(sql, params![&filter.key, &filter.aggregate_type, &stream]).await? {
            let source: String = row.get("source")?;
            parts.push(Part { name: format!("{stream}/{source}"), stream: stream.clone(), source: Some(source) });
        }
    }
    Ok(parts)
}

async fn read(store: &Store, filter: &Filter, part: &Part, behind: u64, limit: usize) -> Result<Vec<Logged>, StoreError> {
    let mut params = params![&filter.key, &filter.aggregate_type, &part.stream, behind];
    let mut more = String::new();
    let mut also = |condition: &str, value: Value, params: &mut Params| {
        params.push(value);
        more.push_str(&format!(" AND {condition} ${}", params.len()));
    };
    let sources = part.source.iter().chain(Some(&filter.source).filter(|source| !source.is_empty()));
    for source in sources {
        also("source =", source.into(), &mut params);
    }
    if !filter.correlation_id.is_empty() {
        also("(correlation_id || '') =", Value::from(&filter.correlation_id), &mut params);
    }
    if let Some(lowest) = filter.lowest_us {
        also("(time_us + 0) >=", lowest.into(), &mut params);
    }
    if let Some(below) = filter.below_us {
        also("(time_us + 0) <", below.into(), &mut params);
    }
    if filter.typed {
        let names: Vec<&str> = filter.names().collect();
        more.push_str(&format!(" AND (type || '') IN ({})", super::rows::numbers(params.len() + 1, names.len())));
        params.extend(names.into_iter().map(Value::from));
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM log WHERE key = $1 AND aggregate_type = $2 AND stream = $3 AND version > $4{more} ORDER BY version LIMIT {limit}"
    );
    let rows: Vec<Row> = store.rows(&sql, params).await?;
    rows.iter().map(logged).collect()
}
