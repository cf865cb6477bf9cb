//! How far, and for how long in motion.

use super::metrics::seconds;
use super::recording::Sample;

/// Below this somebody stands, metres a second: a third of a walk; satellites wander by less.
const STANDING: f64 = 0.5;
/// The earth's mean radius, metres (IUGG).
const EARTH: f64 = 6_371_008.8;

/// Metres: as the device counted them, else along the positions; absent where there is neither.
pub fn distance_m(samples: &[Sample]) -> Option<f64> {
    let counted = samples.iter().filter_map(|sample| sample.distance_m);
    let mut last = None;
    let total = counted.fold(0.0, |total, at| {
        // A device that begins anew counts from nothing.
        let before = last.replace(at).filter(|before| *before <= at).unwrap_or(0.0);
        total + (at - before)
    });
    last.map(|_| total).or_else(|| along(samples))
}

/// Seconds in motion: all stretches from sample to sample that were not slower than [`STANDING`]; absent where nothing tells.
pub fn moving_s(samples: &[Sample]) -> Option<f64> {
    let mut total = None;
    for pair in samples.windows(2) {
        let [from, to] = pair else { continue };
        let took = seconds(from.at_us, to.at_us);
        let counted = from.distance_m.zip(to.distance_m).map(|(from, to)| to - from).filter(|metres| *metres >= 0.0);
        let metres = counted.or_else(|| Some(between(position(from)?, position(to)?)));
        let speed = metres.map(|metres| metres / took).or(from.speed_mps);
        if let Some(speed) = speed.filter(|_| took > 0.0) {
            let total = total.get_or_insert(0.0);
            *total += if speed >= STANDING { took } else { 0.0 };
        }
    }
    total
}

fn along(samples: &[Sample]) -> Option<f64> {
    let positions: Vec<_> = samples.iter().filter_map(position).collect();
    (positions.len() > 1).then(|| positions.windows(2).map(|pair| between(pair[0], pair[1])).sum())
}

fn position(sample: &Sample) -> Option<(f64, f64)> {
    sample.latitude.zip(sample.longitude)
}

/// Metres on the sphere, by the haversine formula.
fn between((latitude, longitude): (f64, f64), (to_latitude, to_longitude): (f64, f64)) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let h = half(latitude, to_latitude) + latitude.to_radians().cos() * to_latitude.to_radians().cos() * half(longitude, to_longitude);
    2.0 * EARTH * h.clamp(0.0, 1.0).sqrt().asin()
}
