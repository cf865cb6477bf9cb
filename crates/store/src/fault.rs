//! Places where a test can stop a process as if it had been killed there: between a write and its commit, a commit and what follows it.
//! Without the feature `faults` a place is nothing.

#[cfg(feature = "faults")]
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "faults")]
use tokio::sync::Notify;

/// The places of one store's process, in the order in which an event passes them (on Postgres it may be numbered before its commit).
pub const PLACES: [&str; 14] = [
    "store.before_commit",
    "store.after_commit",
    "relay.before_number",
    "relay.after_number",
    "relay.before_publish",
    "relay.after_publish",
    "relay.after_ack",
    "consumer.after_take",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.after_settle",
    // Only where position and effect commit apart.
    "mode.between_commits",
    "intent.after_lease",
    "intent.after_call",
];

/// Which place of a store's process is armed.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    #[cfg(feature = "faults")]
    armed: Arc<Mutex<Option<Armed>>>,
}

#[cfg(feature = "faults")]
#[derive(Debug)]
struct Armed {
    place: &'static str,
    passes: u32,
    reached: Arc<Notify>,
}

impl Faults {
    /// Lets `passes` pass, and holds the next one for ever; whoever waits for the answer may then end the process.
    #[cfg(feature = "faults")]
    pub fn arm(&self, place: &'static str, passes: u32) -> impl Future<Output = ()> + Send + 'static {
        let reached = Arc::new(Notify::new());
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Armed { place, passes, reached: reached.clone() });
        async move { reached.notified().await }
    }

    /// A place.
    #[cfg(feature = "faults")]
    pub async fn point(&self, place: &'static str) {
        let holds = {
            let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
            match armed.as_mut().filter(|armed| armed.place == place) {
                Some(armed) if armed.passes == 0 => {
                    armed.reached.notify_one();
                    true
                }
                Some(armed) => {
                    armed.passes -= 1;
                    false
                }
                None => false,
            }
        };
        if holds {
            std::future::pending::<()>().await;
        }
    }

    /// A place.
    #[cfg(not(feature = "faults"))]
    #[inline(always)]
    pub async fn point(&self, _place: &'static str) {}
}
