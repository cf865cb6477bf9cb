//! Looking at dead letters: many without their bodies, one with all it has.

use catalogue::platform::v1 as platform;
use catalogue::{Catalogue, Kind};
use messaging::{Headers, get_header, headers, stream_of};
use prost::Message as _;
use store::{Params, Row, Store, StoreError, Value, params};
use telemetry::TraceContext;

use super::IDS;
use crate::dead::Attempt;

/// Letters of a page when nothing is said, and at most.
const PAGE: u32 = 50;
const MOST: u32 = 1_001;
/// Kinds of letters that are counted apart.
const KINDS: u32 = 200;
/// An answer fits into one NATS message with room to spare (the default limit is 1 MiB).
const PAGE_BYTES: usize = 900_000;
/// Bytes of a payload that are shown; only what was published by hand can be longer.
const SHOWN_BYTES: usize = 800_000;

/// `waiting`: redriven, and still before its handler.
const COLUMNS: &str = "d.id, d.consumer, d.event_id, d.type, d.aggregate_type, d.key, d.subject, d.headers, d.reason, d.error, \
    d.fingerprint, d.history, d.correlation_id, d.traceparent, d.state, d.died_at_us, d.settled_at_us, d.note, \
    CAST(CASE WHEN d.state = 'redriven' AND (EXISTS (SELECT 1 FROM parked p WHERE p.consumer = d.consumer AND p.event_id = d.event_id) \
    OR EXISTS (SELECT 1 FROM intents i WHERE i.id = d.event_id) \
    OR EXISTS (SELECT 1 FROM timers t WHERE t.consumer = d.consumer AND 'timer/' || t.id = d.event_id)) THEN 1 ELSE 0 END AS BIGINT) AS waiting";

/// What the filter means, newest first.
pub(super) async fn list(
    store: Store,
    catalogue: Catalogue,
    request: platform::DeadListRequest,
) -> Result<platform::DeadListResponse, StoreError> {
    let filter = request.filter.clone().unwrap_or_default();
    let mut meant = if request.ids.is_empty() { Meant::by(&filter, &catalogue) } else { Meant::these(&request.ids)? };
    if !filter.service.is_empty() && filter.service != store.service() {
        return Ok(platform::DeadListResponse::default());
    }
    let mut answer = platform::DeadListResponse::default();
    let row = store.row(&format!("SELECT COUNT(*) AS count FROM dead_letters d {}", meant.sql()), meant.params.clone()).await?;
    answer.total = row.map_or(Ok(0), |row| row.get("count"))?;
    if request.after_id.is_empty() {
        answer.counts = counts(&store, &meant).await?;
    }
    if request.counts_only {
        return Ok(answer);
    }
    if !request.after_id.is_empty() {
        meant.after(request.after_us, &request.after_id);
    }
    let limit = if request.limit == 0 { PAGE } else { request.limit.min(MOST) };
    let sql = format!("SELECT {COLUMNS} FROM dead_letters d {} ORDER BY d.died_at_us DESC, d.id DESC LIMIT {}", meant.sql(), limit + 1);
    let mut bytes = 0;
    for row in store.rows(&sql, meant.params.clone()).await? {
        let letter = platform::DeadLetter { subject: String::new(), headers: Vec::new(), ..letter(&store, &row)? };
        bytes += letter.encoded_len() + 8;
        if answer.letters.len() == limit as usize || (bytes > PAGE_BYTES && !answer.letters.is_empty()) {
            answer.more = true;
            break;
        }
        answer.letters.push(letter);
    }
    Ok(answer)
}

async fn counts(store: &Store, meant: &Meant) -> Result<Vec<platform::DeadLetterCount>, StoreError> {
    let sql = format!(
        "SELECT d.consumer AS consumer, d.type AS type, d.reason AS reason, d.fingerprint AS fingerprint, COUNT(*) AS count, \
         MIN(d.error) AS error, MIN(d.died_at_us) AS oldest, MAX(d.died_at_us) AS newest FROM dead_letters d {} \
         GROUP BY d.consumer, d.type, d.reason, d.fingerprint ORDER BY COUNT(*) DESC, MAX(d.died_at_us) DESC LIMIT {KINDS}",
        meant.sql()
    );
    let rows = store.rows(&sql, meant.params.clone()).await?;
    rows.iter()
        .map(|row| {
            Ok(platform::DeadLetterCount {
                service: store.service().to_owned(),
                consumer: row.get("consumer")?,
                r#type: row.get("type")?,
                reason: row.get("reason")?,
                fingerprint: row.get("fingerprint")?,
                count: row.get("count")?,
                sample_error: row.get::<String>("error")?.chars().take(1_000).collect(),
                oldest_at: Some(headers::timestamp(row.get("oldest")?)),
                newest_at: Some(headers::timestamp(row.get("newest")?)),
            })
        })
        .collect()
}

/// One letter with its subject, headers and payload.
pub(super) async fn show(store: Store, request: platform::DeadShowRequest) -> Result<platform::DeadShowResponse, StoreError> {
    let sql = format!("SELECT {COLUMNS}, d.payload FROM dead_letters d WHERE d.id = $1");
    let Some(row) = store.row(&sql, params![&request.id]).await? else { return Ok(platform::DeadShowResponse::default()) };
    let mut letter = letter(&store, &row)?;
    let mut payload: Vec<u8> = row.get("payload")?;
    if payload.len() > SHOWN_BYTES {
        letter.error = format!("{} (the payload has {} bytes; these are the first {SHOWN_BYTES})", letter.error, payload.len());
        payload.truncate(SHOWN_BYTES);
    }
    letter.payload = payload.into();
    Ok(platform::DeadShowResponse { letter: Some(letter), error: String::new() })
}

fn letter(store: &Store, row: &Row) -> Result<platform::DeadLetter, StoreError> {
    let unreadable = |error: serde_json::Error| StoreError::Refused(format!("dead letter: {error}"));
    let headers: Headers = serde_json::from_str(&row.get::<String>("headers")?).map_err(unreadable)?;
    let attempts: Vec<Attempt> = serde_json::from_str(&row.get::<String>("history")?).map_err(unreadable)?;
    let trace = TraceContext { traceparent: row.get("traceparent")?, tracestate: String::new() };
    let subject: String = row.get("subject")?;
    let position: u64 = get_header(&headers, "ce-position").and_then(|position| position.parse().ok()).unwrap_or(0);
    let settled_at: i64 = row.get("settled_at_us")?;
    let state = match row.get::<String>("state")?.as_str() {
        "redriven" => platform::DeadLetterState::Redriven,
        "discarded" => platform::DeadLetterState::Discarded,
        _ => platform::DeadLetterState::Open,
    };
    Ok(platform::DeadLetter {
        id: row.get("id")?,
        service: store.service().to_owned(),
        consumer: row.get("consumer")?,
        event_id: row.get("event_id")?,
        r#type: row.get("type")?,
        key: row.get("key")?,
        aggregate_type: row.get("aggregate_type")?,
        stream: if position > 0 { stream(&subject) } else { String::new() },
        subject,
        headers: headers.into_iter().map(|(name, value)| platform::Header { name: name.into_owned(), value }).collect(),
        payload: Default::default(),
        reason: row.get("reason")?,
        error: row.get("error")?,
        fingerprint: row.get("fingerprint")?,
        attempts: attempts
            .into_iter()
            .map(|attempt| platform::Attempt { at: Some(headers::timestamp(attempt.at_us)), error: attempt.error })
            .collect(),
        trace_id: trace.trace_id().to_owned(),
        correlation_id: row.get("correlation_id")?,
        state: state.into(),
        created_at: Some(headers::timestamp(row.get("died_at_us")?)),
        settled_at: (settled_at > 0).then(|| headers::timestamp(settled_at)),
        settled_reason: row.get("note")?,
        position,
        waiting: row.get("waiting")?,
    })
}

/// The stream that a stored subject is in.
fn stream(subject: &str) -> String {
    let mut tokens = subject.split('.');
    let kind = if tokens.next() == Some("commands") { Kind::Command } else { Kind::Event };
    stream_of(kind, tokens.next().unwrap_or_default())
}

/// Which letters are meant, as SQL.
struct Meant {
    conditions: Vec<String>,
    params: Params,
}

impl Meant {
    fn by(filter: &platform::DeadLetterFilter, catalogue: &Catalogue) -> Self {
        let mut meant = Self { conditions: Vec::new(), params: Params::new() };
        if !filter.any_state {
            let state = match filter.state() {
                platform::DeadLetterState::Unspecified | platform::DeadLetterState::Open => "open",
                platform::DeadLetterState::Redriven => "redriven",
                platform::DeadLetterState::Discarded => "discarded",
            };
            meant.is("d.state =", state);
        }
        let type_ = catalogue.find(&filter.r#type).map_or(filter.r#type.as_str(), |entry| &entry.type_);
        for (column, text) in [
            ("d.consumer =", filter.consumer.as_str()),
            ("d.type =", type_),
            ("d.key =", &filter.key),
            ("d.fingerprint =", &filter.fingerprint),
            ("d.reason =", &filter.reason),
        ] {
            if !text.is_empty() {
                meant.is(column, text);
            }
        }
        if let Some(from) = &filter.from {
            meant.is("d.died_at_us >=", headers::micros(from));
        }
        if let Some(to) = &filter.to {
            meant.is("d.died_at_us <", headers::micros(to));
        }
        meant
    }

    fn these(ids: &[String]) -> Result<Self, StoreError> {
        if ids.len() > IDS {
            return Err(StoreError::Refused(format!("{} ids, at most {IDS}", ids.len())));
        }
        let numbers: Vec<String> = (1..=ids.len()).map(|number| format!("${number}")).collect();
        Ok(Self { conditions: vec![format!("d.id IN ({})", numbers.join(", "))], params: ids.iter().map(Value::from).collect() })
    }

    fn is(&mut self, condition: &str, value: impl Into<Value>) {
        self.params.push(value.into());
        self.conditions.push(format!("{condition} ${}", self.params.len()));
    }

    fn after(&mut self, died_at_us: i64, id: &str) {
        self.params.extend(params![died_at_us, id]);
        self.conditions.push(format!("(d.died_at_us, d.id) < (${}, ${})", self.params.len() - 1, self.params.len()));
    }

    fn sql(&self) -> String {
        if self.conditions.is_empty() { String::new() } else { format!("WHERE {}", self.conditions.join(" AND ")) }
    }
}
