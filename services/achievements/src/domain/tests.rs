//! Given what was told, when more is told, then these counts and this news.

mod counting;
mod properties;
mod rules;
mod zones;

use super::*;

/// Microseconds since 1970 UTC of `2026-11-20T06:30:00Z`.
fn at(moment: &str) -> i64 {
    moment.parse::<jiff::Timestamp>().expect("a moment").as_microsecond()
}

/// A completed workout of 5 km and 320 kcal.
fn done(id: &str, moment: &str, zone: &str) -> Change {
    let report = Report {
        done: true,
        started_at_us: Some(at(moment)),
        zone: zone.into(),
        distance_mm: Some(5_000_000),
        calories_milli: Some(320_000),
        ..Report::default()
    };
    Change::Workout { id: id.into(), report }
}

fn deleted(id: &str) -> Change {
    Change::Workout { id: id.into(), report: Report { deleted: true, ..Report::default() } }
}

fn person(changes: impl IntoIterator<Item = Change>) -> Person {
    let mut person = Person::default();
    for change in changes {
        person.apply(&change);
    }
    person
}

/// Current streak, best streak, latest day.
fn days(person: &Person) -> (u32, u32, String) {
    let streak = person.counts.streak;
    (streak.current, streak.best, streak.last_day.map(date).unwrap_or_default())
}

fn rule(id: &str, measure: Measure, target: f64) -> Rule {
    let needs = Needs::One(Need::new(measure, target).expect("a need"));
    Rule { id: id.into(), name: id.to_uppercase(), icon: "🏅".into(), needs }
}
