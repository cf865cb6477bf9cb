//! How far upwards.

/// Metres that altitude has to rise, or fall, before it counts: less is the barometer's and the satellites' noise. GoldenCheetah's default.
const NOISE: f64 = 3.0;

/// Metres climbed in all, by hysteresis: an altitude counts once it is [`NOISE`] away from the last one that counted. Absent without altitudes.
pub fn gain_m(altitudes: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut altitudes = altitudes.into_iter();
    let mut settled = altitudes.next()?;
    let mut gain = 0.0;
    for altitude in altitudes {
        if altitude >= settled + NOISE {
            gain += altitude - settled;
            settled = altitude;
        } else if altitude <= settled - NOISE {
            settled = altitude;
        }
    }
    Some(gain)
}
