//! What `[workouts]` says, and what is fixed.

use delivery::Policy;
use service_host::config::Config;

use crate::domain::Heart;

/// The object store's bucket of raw files.
pub const BUCKET: &str = "workouts";
/// Bytes of one file.
pub const FILE: u64 = 64 << 20;
/// Files that are read at a time: each may take a processor and some tens of megabytes.
pub const READERS: usize = 4;

/// The hearts that loads are computed for.
pub fn heart(config: &Config) -> Heart {
    let workouts = &config.workouts;
    Heart { resting_bpm: workouts.resting_heart_rate_bpm.into(), max_bpm: workouts.max_heart_rate_bpm.into() }
}

/// As many files in the works as are read at a time.
pub fn policy() -> Policy {
    Policy { prefetch: READERS, ..Policy::outside() }
}
