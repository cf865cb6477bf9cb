//! Which values are alarming, without clock and without I/O.

/// What should not be exceeded, by metric.
const LIMITS: [(&str, f64); 2] = [("temperature_c", 80.0), ("co2_ppm", 1_500.0)];

/// The limit that this value crosses: it is above, and the value before it was not.
pub fn crossed(metric: &str, before: Option<f64>, value: f64) -> Option<f64> {
    let (_, limit) = LIMITS.into_iter().find(|(limited, _)| *limited == metric)?;
    let was_above = before.is_some_and(|before| before > limit);
    (value > limit && !was_above).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::crossed;

    #[test]
    fn a_limit_is_crossed_once_until_it_is_kept_again() {
        assert_eq!(crossed("temperature_c", None, 80.1), Some(80.0), "the first reading of all");
        assert_eq!(crossed("temperature_c", Some(80.1), 95.0), None, "above already");
        assert_eq!(crossed("temperature_c", Some(80.0), 80.1), Some(80.0));
        assert_eq!(crossed("temperature_c", Some(21.5), 80.0), None, "just kept");
    }

    #[test]
    fn what_has_no_limit_is_never_alarming() {
        assert_eq!(crossed("steps", None, 1e9), None);
    }
}
