//! Saying that something needs a person: `system.error` and `system.warning`.

use contracts::system::v1::{SystemError, SystemWarning};
use messaging::{Cause, headers, root_id};
use store::{Store, StoreError};

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

/// Raises or clears a warning.
pub async fn warning(store: &Store, name: &str, code: &str, message: String, cleared: bool) -> Result<(), StoreError> {
    let (name, code) = (name.to_owned(), code.to_owned());
    store
        .write(move |work| {
            Box::pin(async move {
                let warning = SystemWarning {
                    component: component(&name),
                    service: work.service().to_owned(),
                    code,
                    message,
                    cleared,
                    at: Some(headers::timestamp(work.now_us())),
                };
                work.emit(&Cause::root(root_id()), &warning);
                Ok(())
            })
        })
        .await
}
