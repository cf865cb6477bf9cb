//! Days, weeks and months as a user's clock shows them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

/// How often a goal begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Never.
    Once,
    /// On Mondays.
    Weekly,
    /// On the first of the month.
    Monthly,
}

impl Period {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Once, Self::Weekly, Self::Monthly];

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }
}

/// A stretch of time in which things are counted together. Times are microseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first day, `2026-11-16`; empty where there are no periods.
    pub start: String,
    /// From then on.
    pub from_us: i64,
    /// Until before then.
    pub to_us: i64,
}

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of an IANA name such as `Asia/Shanghai`; UTC for none.
    pub fn named(name: &str) -> Option<Self> {
        if name.is_empty() { Some(Self(TimeZone::UTC)) } else { TimeZone::get(name).ok().map(Self) }
    }

    /// The week from Monday to Sunday around this time.
    pub fn week(&self, at_us: i64) -> Option<Window> {
        let day = self.day(at_us)?;
        let since_monday = i64::from(day.weekday().to_monday_zero_offset());
        self.window(day.checked_sub(since_monday.days()).ok()?, 1.week())
    }

    /// The calendar month around this time.
    pub fn month(&self, at_us: i64) -> Option<Window> {
        self.window(self.day(at_us)?.first_of_month(), 1.month())
    }

    /// The date on the wall at this time.
    fn day(&self, at_us: i64) -> Option<Date> {
        Some(self.0.to_datetime(Timestamp::from_microsecond(at_us).ok()?).date())
    }

    fn window(&self, first: Date, length: Span) -> Option<Window> {
        let next = first.checked_add(length).ok()?;
        Some(Window { start: first.to_string(), from_us: self.midnight(first)?, to_us: self.midnight(next)? })
    }

    /// When the day begins: where the clock jumps over midnight, at the jump.
    fn midnight(&self, day: Date) -> Option<i64> {
        Some(day.to_zoned(self.0.clone()).ok()?.timestamp().as_microsecond())
    }
}
