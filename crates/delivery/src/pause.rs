//! Waiting a little longer each time.

use std::time::Duration;

/// Doubles from `first` to `limit`, with 20 % jitter.
#[derive(Debug)]
pub(crate) struct Pause {
    first: Duration,
    limit: Duration,
    next: Duration,
}

impl Pause {
    pub(crate) fn new(first: Duration, limit: Duration) -> Self {
        Self { first, limit, next: first }
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    pub(crate) async fn wait(&mut self) {
        let wait = self.next.mul_f64(0.8 + 0.4 * fastrand::f64());
        self.next = (self.next * 2).min(self.limit);
        tokio::time::sleep(wait).await;
    }
}
