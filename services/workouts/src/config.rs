//! What can be set for workouts, and what is fixed.

use delivery::Policy;
use serde::{Deserialize, Serialize};
use service_host::config::{Config, Found, Sections, Settings};

use crate::domain::Heart;

/// The object store's bucket of raw files.
pub(crate) const BUCKET: &str = "workouts";
/// Bytes of one file.
pub(crate) const FILE: u64 = 64 << 20;
/// Files that are read at a time: each may take a processor and some tens of megabytes.
pub(crate) const READERS: usize = 4;

/// `[workouts]`: the hearts that loads are computed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workouts {
    /// Beats a minute at rest, of everybody.
    pub resting_heart_rate_bpm: u32,
    /// Beats a minute at most, of everybody.
    pub max_heart_rate_bpm: u32,
}

impl Default for Workouts {
    fn default() -> Self {
        Self { resting_heart_rate_bpm: 60, max_heart_rate_bpm: 190 }
    }
}

impl Settings for Workouts {
    const SECTION: &'static str = "workouts";

    fn check(&self, found: &mut Found) {
        let (rest, most) = (self.resting_heart_rate_bpm, self.max_heart_rate_bpm);
        found.unless((20..=250).contains(&rest), "resting_heart_rate_bpm", "must be between 20 and 250");
        found.unless(most > rest && most <= 300, "max_heart_rate_bpm", "must be above that at rest, and at most 300");
    }
}

/// What can be set.
pub fn settings() -> Sections {
    Sections::new().with::<Workouts>()
}

/// The hearts that loads are computed for.
pub(crate) fn heart(config: &Config) -> Heart {
    let workouts: Workouts = config.of();
    Heart { resting_bpm: workouts.resting_heart_rate_bpm.into(), max_bpm: workouts.max_heart_rate_bpm.into() }
}

/// As many files in the works as are read at a time.
pub(crate) fn policy() -> Policy {
    Policy { prefetch: READERS, ..Policy::outside() }
}
