//! What a consumer shows of itself: metrics, and the figures behind warnings.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// One consumer's figures.
#[derive(Debug, Default)]
pub struct ConsumerState {
    pub(crate) handled: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) dead: AtomicU64,
    pub(crate) parked_lanes: AtomicU64,
    pub(crate) lag: AtomicU64,
    pub(crate) last_progress_us: AtomicI64,
    pub(crate) paused: AtomicBool,
    /// When the oldest gap was met that is still open, microseconds since 1970; 0 = there is none.
    pub(crate) gap_since_us: AtomicI64,
    /// Since when a batch has been at work, microseconds since 1970; 0 = none is.
    pub(crate) busy_since_us: AtomicI64,
}

impl ConsumerState {
    /// Messages handled since the start.
    pub fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    /// Failed tries since the start.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Dead letters since the start.
    pub fn dead(&self) -> u64 {
        self.dead.load(Ordering::Relaxed)
    }

    /// Keys that wait now.
    pub fn parked_keys(&self) -> u64 {
        self.parked_lanes.load(Ordering::Relaxed)
    }

    /// Messages of the owners' logs not reached yet, as of the last look at their heads.
    pub fn lag(&self) -> u64 {
        self.lag.load(Ordering::Relaxed)
    }

    /// When the oldest gap was met that is still open, microseconds since 1970; `None` when there is none.
    pub fn oldest_gap_us(&self) -> Option<i64> {
        Some(self.gap_since_us.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    /// When something was committed last, microseconds since 1970; at first when it was started.
    pub fn last_progress_us(&self) -> i64 {
        self.last_progress_us.load(Ordering::Relaxed)
    }

    /// Since when a batch has been at work, microseconds since 1970; `None` when none is.
    pub fn busy_since_us(&self) -> Option<i64> {
        Some(self.busy_since_us.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    /// Whether the breaker is open.
    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }
}
