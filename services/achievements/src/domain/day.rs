//! Which day it was where the user was.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// A calendar day: days since 1970-01-01.
pub type Day = i64;

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The name if there is such a zone in the IANA database, else empty.
pub fn zone_name(name: &str) -> &str {
    if name.is_empty() || TimeZone::get(name).is_err() { "" } else { name }
}

/// The day of a moment (microseconds since 1970 UTC) in a zone; UTC where the zone is not known.
pub fn day_of(at_us: i64, zone: &str) -> Day {
    let zone = if zone.is_empty() { TimeZone::UTC } else { TimeZone::get(zone).unwrap_or(TimeZone::UTC) };
    let at = Timestamp::from_microsecond(at_us).unwrap_or(if at_us < 0 { Timestamp::MIN } else { Timestamp::MAX });
    zone.to_datetime(at).date().duration_since(EPOCH).as_hours() / 24
}

/// The day as people write it: `2026-11-20`.
pub fn date(day: Day) -> String {
    EPOCH.checked_add(day.days()).map(|date| date.to_string()).unwrap_or_default()
}
