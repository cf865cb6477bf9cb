//! How long a call may take.

use std::time::Duration;

use http::HeaderMap;

/// The time a call has: the server's, or the caller's `grpc-timeout` where that is less.
///
/// tonic reads the same header and answers CANCELLED when it runs out. Its timer can't be turned off, so ours rings a little earlier and says DEADLINE_EXCEEDED.
pub(super) fn allowed(headers: &HeaderMap, server: Duration) -> Duration {
    match headers.get("grpc-timeout").and_then(|value| parse(value.to_str().ok()?)) {
        Some(caller) if caller < server => caller - (caller / 10).min(Duration::from_millis(10)),
        _ => server,
    }
}

/// Up to eight digits and a unit.
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}
