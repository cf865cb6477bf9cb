//! Saying that something needs a person: `system.error` and `system.warning`.

use std::collections::HashMap;

use catalogue::system::v1::{SystemError, SystemWarning};
use catalogue::{Contract, Kind};
use messaging::{Cause, headers, root_id, stream_of};
use prost::Message as _;
use store::{Store, StoreError, Work, params};

fn component(name: &str) -> String {
    name.chars().take(64).collect()
}

/// A breaker has opened. If the store is away, the log line has to do.
pub(crate) async fn breaker(store: &Store, consumer: &str, why: &str) {
    let (consumer, why) = (consumer.to_owned(), why.to_owned());
    let told = store.write::<_, StoreError, _>(move |work| {
        Box::pin(async move {
            let error = SystemError {
                component: component(&consumer),
                service: work.service().to_owned(),
                code: "breaker_opened".to_owned(),
                message: format!("{consumer} pauses: {why}"),
                consumer: consumer.clone(),
                error: why,
                at: Some(headers::timestamp(work.now_us())),
                ..SystemError::default()
            };
            work.emit(&Cause::root(root_id()), &error);
            Ok(())
        })
    });
    if let Ok(Err(error)) = tokio::time::timeout(std::time::Duration::from_secs(1), told).await {
        tracing::debug!(%error, "breaker not announced");
    }
}

/// Raises or clears a warning. Nothing is said that the log says already: another process, or this one before its restart, was first.
pub async fn warning(store: &Store, name: &str, code: &str, message: String, cleared: bool) -> Result<(), StoreError> {
    let (component, code) = (component(name), code.to_owned());
    store
        .write(move |work| {
            Box::pin(async move {
                let said = said(work, &component).await?;
                if said.open.contains_key(&code) != cleared {
                    return Ok(());
                }
                let service = work.service().to_owned();
                let at = Some(headers::timestamp(work.now_us()));
                let warning = SystemWarning { component, service, code, message, cleared, at };
                // Two that say it at the same time: the second finds it said.
                work.emit_at(&Cause::root(root_id()), said.version + 1, &warning);
                Ok(())
            })
        })
        .await
}

/// The warnings of a component that are raised and not cleared: code and message.
pub(crate) async fn open(store: &Store, name: &str) -> Result<HashMap<String, String>, StoreError> {
    let component = component(name);
    store.write(move |work| Box::pin(async move { said(work, &component).await.map(|said| said.open) })).await
}

/// What a component's log says of it.
struct Said {
    version: u64,
    open: HashMap<String, String>,
}

async fn said(work: &mut Work, component: &str) -> Result<Said, StoreError> {
    /// A component has a handful of codes; each was raised or cleared among its last warnings.
    const LAST: u32 = 50;
    let stream = stream_of(Kind::Event, "system");
    let last = "SELECT COALESCE(MAX(version), 0) AS version FROM events WHERE stream = $1 AND aggregate_type = $2 AND key = $3";
    let row = work.row(last, params![&stream, SystemWarning::AGGREGATE, component]).await?;
    let version = row.map_or(Ok(0), |row| row.get("version"))?;
    let sql =
        "SELECT payload FROM events WHERE stream = $1 AND aggregate_type = $2 AND key = $3 AND type = $4 ORDER BY version DESC LIMIT $5";
    let rows = work.rows(sql, params![&stream, SystemWarning::AGGREGATE, component, SystemWarning::TYPE, LAST]).await?;
    let mut open = HashMap::new();
    for row in rows.iter().rev() {
        let warning = SystemWarning::decode(row.get::<Vec<u8>>("payload")?.as_slice())
            .map_err(|error| StoreError::Refused(format!("a warning of {component}: {error}")))?;
        if warning.cleared {
            open.remove(&warning.code);
        } else {
            open.insert(warning.code, warning.message);
        }
    }
    Ok(Said { version, open })
}
