//! Whatever is told, in whatever order: the counts are those of a recount from the beginning, and the news adds up.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const ZONES: [&str; 5] = ["", "Asia/Shanghai", "America/Los_Angeles", "Europe/Berlin", "Pacific/Apia"];
/// Around the change of the clocks in Berlin and Los Angeles, hour by hour over three weeks.
const FROM: &str = "2026-10-17T00:00:00Z";
const HOUR_US: i64 = 3_600_000_000;

fn reports() -> impl Strategy<Value = Report> {
    let told = (prop::option::weighted(0.8, 0..504_i64), 0..ZONES.len(), prop::option::of(0..10_000_i64), prop::option::of(0..1_000_i64));
    let kinds = prop_oneof![6 => Just((true, false, false)), 2 => Just((false, true, false)), 1 => Just((false, false, false)), 1 => Just((false, false, true))];
    (kinds, any::<bool>(), told).prop_map(|((done, uploaded, deleted), corrects, (hour, zone, distance_mm, calories_milli))| Report {
        done,
        corrects,
        uploaded,
        deleted,
        started_at_us: hour.map(|hour| at(FROM) + hour * HOUR_US),
        zone: ZONES[zone].into(),
        distance_mm,
        calories_milli,
    })
}

fn changes() -> impl Strategy<Value = Change> {
    let item = || (0..4_u8).prop_map(|number| number.to_string());
    let mark = || (0..Mark::ALL.len()).prop_map(|at| Mark::ALL[at]);
    prop_oneof![
        8 => ((0..12_u8), reports()).prop_map(|(id, report)| Change::Workout { id: id.to_string(), report }),
        2 => (mark(), item()).prop_map(|(mark, item)| Change::Set { mark, item }),
        1 => (mark(), item()).prop_map(|(mark, item)| Change::Unset { mark, item }),
        1 => (1..ZONES.len()).prop_map(|zone| Change::Zone(ZONES[zone].into())),
    ]
}

/// The same from the beginning, as one would do it on paper.
fn recount(changes: &[Change]) -> Counts {
    let mut workouts: BTreeMap<&str, Workout> = BTreeMap::new();
    let mut marks = BTreeSet::new();
    let mut zone = "";
    for change in changes {
        match change {
            Change::Workout { id, report } => workouts.entry(id).or_default().hear(report, zone),
            Change::Set { mark, item } => drop(marks.insert((*mark, item))),
            Change::Unset { mark, item } => drop(marks.remove(&(*mark, item))),
            Change::Zone(name) => {
                for workout in workouts.values_mut().filter(|workout| zone.is_empty() && workout.zone.is_empty()) {
                    workout.zone.clone_from(name);
                }
                zone = name;
            }
        }
    }
    let counted = || workouts.values().filter(|workout| workout.done && !workout.deleted);
    let marked = |mark: Mark| marks.iter().filter(|(known, _)| *known == mark).count() as i64;
    let days: BTreeSet<Day> = counted().filter_map(Workout::day).collect();
    Counts {
        workouts: counted().count() as i64,
        distance_mm: counted().filter_map(|workout| workout.distance_mm).sum(),
        calories_milli: counted().filter_map(|workout| workout.calories_milli).sum(),
        uploads: workouts.values().filter(|workout| workout.uploaded && !workout.deleted).count() as i64,
        goals: marked(Mark::Goal),
        follows_given: marked(Mark::FollowGiven),
        follows_received: marked(Mark::FollowReceived),
        likes_given: marked(Mark::LikeGiven),
        likes_received: marked(Mark::LikeReceived),
        streak: naive(&days),
    }
}

/// Back from each day as long as the day before is there.
fn naive(days: &BTreeSet<Day>) -> Streak {
    let back = |day: Day| (0..).take_while(|back| days.contains(&(day - back))).count() as u32;
    let last_day = days.last().copied();
    Streak { current: last_day.map_or(0, back), best: days.iter().map(|day| back(*day)).max().unwrap_or(0), last_day }
}

proptest! {
    #[test]
    fn counts_are_those_of_a_recount(changes in prop::collection::vec(changes(), 0..60)) {
        prop_assert_eq!(person(changes.clone()).counts, recount(&changes));
    }

    #[test]
    fn the_order_of_workouts_does_not_matter(
        (told, shuffled) in prop::collection::btree_map(0..40_u8, reports(), 0..40).prop_flat_map(|reports| {
            let changes: Vec<Change> = reports.into_iter().map(|(id, report)| Change::Workout { id: id.to_string(), report }).collect();
            (Just(changes.clone()), Just(changes).prop_shuffle())
        })
    ) {
        prop_assert_eq!(person(told).counts, person(shuffled).counts);
    }

    #[test]
    fn the_same_again_changes_nothing(changes in prop::collection::vec(changes(), 1..30)) {
        let mut once = person(changes.clone());
        let twice = person(changes.iter().flat_map(|change| [change.clone(), change.clone()]));
        prop_assert_eq!(&once, &twice);
        once.apply(changes.last().expect("one"));
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_streak_is_what_one_counts_back(days in prop::collection::btree_set(0..40_i64, 0..40)) {
        prop_assert_eq!(streak(days.iter().copied()), naive(&days));
    }

    #[test]
    fn a_zone_has_each_day_once_and_in_order(hours in prop::collection::vec(0..504_i64, 2..20), zone in 0..ZONES.len()) {
        let mut hours = hours;
        hours.sort_unstable();
        let days: Vec<Day> = hours.iter().map(|hour| day_of(at(FROM) + hour * HOUR_US, ZONES[zone])).collect();
        prop_assert!(days.is_sorted());
        for (hours, days) in hours.windows(2).zip(days.windows(2)) {
            // No day is shorter than 23 hours or longer than 25 here.
            prop_assert!(days[1] - days[0] <= (hours[1] - hours[0]) / 23 + 1);
            prop_assert!(days[1] - days[0] >= (hours[1] - hours[0]) / 25 - 1);
        }
    }

    #[test]
    fn news_comes_once_and_percentages_only_when_they_change(changes in prop::collection::vec(changes(), 0..60)) {
        let parts = vec![Need::new(Measure::Workouts, 3.0).unwrap(), Need::new(Measure::LikesGiven, 2.0).unwrap()];
        let rules = [
            rule("workouts", Measure::Workouts, 7.0),
            rule("streak", Measure::StreakDays, 3.0),
            rule("distance", Measure::Distance, 20.0),
            Rule { needs: Needs::all(parts).unwrap(), ..rule("parts", Measure::Workouts, 1.0) },
        ];
        let mut person = Person::default();
        let mut once = BTreeSet::new();
        let mut percents: BTreeMap<String, f64> = BTreeMap::new();
        for change in &changes {
            person.apply(change);
            let counts = person.counts;
            for news in person.judge(&rules) {
                let id = news.rule.id.clone();
                match news.what {
                    What::Progress => {
                        let before = percents.insert(id, news.standing.percent).unwrap_or(0.0);
                        prop_assert!(before != news.standing.percent);
                    }
                    What::Milestone(milestone) => {
                        prop_assert!(news.standing.percent >= f64::from(milestone));
                        prop_assert!(once.insert((id, milestone)));
                    }
                    What::Unlocked => {
                        prop_assert!(news.rule.needs.current(&counts) >= news.rule.needs.target());
                        prop_assert!(once.insert((id, 100)));
                    }
                }
            }
        }
        for rule in &rules {
            let percent = (rule.needs.current(&person.counts) / rule.needs.target() * 100.0).min(100.0);
            prop_assert_eq!(percents.get(&rule.id).copied().unwrap_or(0.0), percent);
        }
    }
}
