//! What a heart did: average, zones, intensity, load.

use super::metrics::{Metrics, Zone};

/// The hearts that loads are computed for, beats a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heart {
    /// At rest.
    pub resting_bpm: f64,
    /// At most.
    pub max_bpm: f64,
}

/// Where the five zones begin, as shares of the maximum (Edwards, The Heart Rate Monitor Book, 1993).
const ZONES: [f64; 5] = [0.5, 0.6, 0.7, 0.8, 0.9];
/// Banister's weighting of the heart-rate reserve, k·e^(b·x); his constants for men. (Modeling elite athletic performance, 1991.)
const BANISTER: (f64, f64) = (0.64, 1.92);

/// Fills in what follows from beats a minute, each with the seconds that it held for.
pub fn measure(metrics: &mut Metrics, beats: &[(f64, f64)], heart: Heart) {
    let Some(max) = beats.iter().map(|(bpm, _)| *bpm).reduce(f64::max) else { return };
    let seconds: f64 = beats.iter().map(|(_, held)| held).sum();
    let average = if seconds > 0.0 {
        beats.iter().map(|(bpm, held)| bpm * held).sum::<f64>() / seconds
    } else {
        beats.iter().map(|(bpm, _)| bpm).sum::<f64>() / beats.len() as f64
    };
    let reserve = ((average - heart.resting_bpm) / (heart.max_bpm - heart.resting_bpm)).clamp(0.0, 1.0);
    metrics.average_heart_rate_bpm = Some(average);
    metrics.max_heart_rate_bpm = Some(max);
    metrics.intensity = Some(reserve);
    metrics.trimp = Some(seconds / 60.0 * reserve * BANISTER.0 * (BANISTER.1 * reserve).exp());
    metrics.zones = zones(beats, heart.max_bpm);
}

/// What is beyond the maximum belongs to the last zone; what is below the first, to none.
fn zones(beats: &[(f64, f64)], max: f64) -> Vec<Zone> {
    let ends = ZONES.iter().skip(1).copied().chain([1.0]);
    let mut zones: Vec<Zone> =
        ZONES.iter().zip(ends).map(|(from, to)| Zone { from_bpm: from * max, to_bpm: to * max, seconds: 0.0 }).collect();
    for (bpm, held) in beats {
        if let Some(zone) = zones.iter_mut().rev().find(|zone| *bpm >= zone.from_bpm) {
            zone.seconds += held;
        }
    }
    zones
}
