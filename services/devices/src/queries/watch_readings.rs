//! `WatchReadings`: what is stored, then what comes. A view is a place in the table: it asks what stands behind that, and waits while nothing does.

use std::pin::Pin;
use std::time::Duration;

use contracts_devices::v1::{Reading, WatchReadingsRequest, WatchReadingsResponse};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use service_host::command::{check, store_status};
use service_host::{Context, status};
use store::Store;
use tonic::Status;

use crate::store::after;

/// Readings that a view holds, and that it may be behind once it has caught up.
const HELD: usize = 1_024;
/// What another process commits is seen at the next look.
const LOOK: Duration = Duration::from_millis(250);

/// What the call answers.
pub(crate) type Readings = Pin<Box<dyn Stream<Item = Result<WatchReadingsResponse, Status>> + Send>>;

struct View {
    store: Store,
    device_id: String,
    last: i64,
    caught_up: bool,
}

/// Until the caller has seen enough, or does not keep up.
pub(crate) fn watch_readings(context: &Context, request: WatchReadingsRequest) -> Result<Readings, Status> {
    check(&request)?;
    let last = i64::try_from(request.after).unwrap_or(i64::MAX);
    let view = View { store: context.store.clone(), device_id: request.device_id, last, caught_up: false };
    let pages = stream::try_unfold(view, |mut view| async move { view.next().await.map(|page| Some((page, view))) });
    let readings = pages.map_ok(|page| stream::iter(page).map(Ok)).try_flatten();
    Ok(Box::pin(readings.map_ok(|reading| WatchReadingsResponse { reading: Some(reading) })))
}

impl View {
    /// What came since the last look; waits for it.
    async fn next(&mut self) -> Result<Vec<Reading>, Status> {
        loop {
            let poked = self.store.poked("readings"); // before looking: a commit meanwhile is not overheard
            let page = after(&self.store, &self.device_id, self.last, HELD).await.map_err(|error| store_status(&error))?;
            if page.len() == HELD && self.caught_up {
                return Err(too_slow(self.last));
            }
            self.caught_up |= page.len() < HELD;
            if let Some(newest) = page.last() {
                self.last = newest.number.cast_signed();
                return Ok(page);
            }
            tokio::select! {
                () = poked => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}

fn too_slow(last: i64) -> Status {
    let message = format!("{HELD} readings were not taken in time; watch again after {last}");
    status::resource_exhausted("VIEW_TOO_SLOW", &message)
}
