mod goals;
mod periods;
mod workouts;

/// RFC 3339 as microseconds since 1970 UTC.
fn us(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}
