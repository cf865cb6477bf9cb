//! How a consumer reads, tries again and gives up.

use std::time::Duration;

/// What a consumer promises about an event's effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Effect and position commit together: once, whatever happens.
    #[default]
    ExactlyOnce,
    /// The effect commits before the position: a crash in between repeats it.
    AtLeastOnce,
    /// The position commits before the effect: a crash in between loses it.
    AtMostOnce,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ExactlyOnce => "exactly-once effect",
            Self::AtLeastOnce => "at-least-once",
            Self::AtMostOnce => "at-most-once",
        })
    }
}

/// A consumer's settings. The configuration sets attempts and waits for all, and per consumer; prefetch, batch and mode per consumer; jitter for
/// all; the limit of parked lanes nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Attempts in all before an event becomes a dead letter.
    pub attempts: u32,
    /// The wait before the second attempt, the third and so on; the last one stands for all that follow.
    pub waits: Vec<Duration>,
    /// Each wait is longer or shorter by up to this share, 0 to 1.
    pub jitter: f64,
    /// Events in one transaction at most.
    pub batch: usize,
    /// Events held ready per stream; for intents, calls at a time.
    pub prefetch: usize,
    /// Parked lanes at most; beyond, the consumer pauses with a warning.
    pub parked_limit: usize,
    /// The promise.
    pub mode: Mode,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 4,
            waits: [1, 2, 4].map(Duration::from_secs).to_vec(),
            jitter: 0.2,
            batch: 256,
            prefetch: 512,
            parked_limit: 10_000,
            mode: Mode::ExactlyOnce,
        }
    }
}

impl Policy {
    /// For handlers that touch the outside world: ten calls at a time.
    pub fn outside() -> Self {
        Self { prefetch: 10, mode: Mode::AtLeastOnce, ..Self::default() }
    }

    /// How long to wait after this many failed attempts.
    pub fn wait_after(&self, attempts: u32) -> Duration {
        let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(self.waits.len().saturating_sub(1));
        let wait = self.waits.get(at).copied().unwrap_or(Duration::from_secs(1));
        wait.mul_f64((1.0 - self.jitter + 2.0 * self.jitter * fastrand::f64()).max(0.0))
    }

    /// The same in microseconds.
    pub fn wait_after_us(&self, attempts: u32) -> i64 {
        i64::try_from(self.wait_after(attempts).as_micros()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_those_set_within_a_fifth() {
        let policy = Policy::default();
        for (attempts, seconds) in [(1, 1.0), (2, 2.0), (3, 4.0), (30, 4.0)] {
            for _ in 0..100 {
                let wait = policy.wait_after(attempts).as_secs_f64();
                assert!((seconds * 0.8..=seconds * 1.2).contains(&wait), "{attempts}: {wait}");
            }
        }
    }
}
