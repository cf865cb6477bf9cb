//! Answering for a log: `log.<service>.read` and `log.<service>.heads`.

use std::sync::Arc;

use bytes::Bytes;
use catalogue::platform::v1 as platform;
use futures::FutureExt as _;
use messaging::{Answer, Broker, BrokerError, Responder, headers};
use prost::Message as _;
use store::{LogRow, Store, StoreError, log};

/// A page fits into one NATS message with room to spare, and so does a record alone.
const PAGE_BYTES: usize = messaging::MAX_PAYLOAD;
/// Rows a page at most.
const PAGE_ROWS: u32 = 2000;

/// Answers until the responders are dropped; several processes of one service share the requests.
pub async fn serve(store: &Store, broker: &dyn Broker) -> Result<Vec<Box<dyn Responder>>, BrokerError> {
    let service = store.service().to_owned();
    let group = format!("log-{service}");
    let reading = store.clone();
    let read: Answer = Arc::new(move |body| read(reading.clone(), body).boxed());
    let asked = store.clone();
    let heads: Answer = Arc::new(move |_| heads(asked.clone()).boxed());
    Ok(vec![
        broker.respond(&format!("log.{service}.read"), &group, read).await?,
        broker.respond(&format!("log.{service}.heads"), &group, heads).await?,
    ])
}

async fn read(store: Store, body: Bytes) -> Bytes {
    let answer = match platform::LogReadRequest::decode(body) {
        Err(error) => failed(error),
        Ok(request) => page(&store, &request).await.unwrap_or_else(failed),
    };
    answer.encode_to_vec().into()
}

fn failed(error: impl std::fmt::Display) -> platform::LogReadResponse {
    platform::LogReadResponse { error: error.to_string(), ..Default::default() }
}

async fn page(store: &Store, request: &platform::LogReadRequest) -> Result<platform::LogReadResponse, StoreError> {
    let limit = if request.limit == 0 { PAGE_ROWS } else { request.limit.min(PAGE_ROWS) };
    let rows = log::read(store, &request.stream, request.partition, request.from_position.max(1), limit).await?;
    let mut records = Vec::with_capacity(rows.len());
    let (mut bytes, mut head) = (0, 0);
    for row in rows {
        let position = row.envelope.position;
        let record = record(row);
        bytes += record.encoded_len() + 8;
        if bytes > PAGE_BYTES && !records.is_empty() {
            break;
        }
        head = position;
        records.push(record);
    }
    Ok(platform::LogReadResponse { records, head, error: String::new() })
}

fn record(row: LogRow) -> platform::LogRecord {
    let headers = headers::write(&row.envelope);
    platform::LogRecord {
        subject: row.envelope.subject(),
        headers: headers.into_iter().map(|(name, value)| platform::Header { name: name.into_owned(), value }).collect(),
        payload: row.envelope.payload,
    }
}

async fn heads(store: Store) -> Bytes {
    let answer = match log::heads(&store).await {
        Ok(heads) => platform::LogHeadsResponse {
            heads: heads.into_iter().map(|(stream, partition, position)| platform::Head { stream, partition, position }).collect(),
            error: String::new(),
        },
        Err(error) => platform::LogHeadsResponse { heads: Vec::new(), error: error.to_string() },
    };
    answer.encode_to_vec().into()
}
