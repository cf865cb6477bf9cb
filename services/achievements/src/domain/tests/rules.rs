//! What is news about a rule, and when.

use super::*;

/// So many workouts, compared with these rules after each; what was news each time.
fn after_each(rules: &[Rule], workouts: usize) -> Vec<Vec<(String, What)>> {
    let mut person = Person::default();
    let mut all = Vec::new();
    for number in 0..workouts {
        person.apply(&done(&number.to_string(), "2026-11-20T06:30:00Z", ""));
        all.push(person.judge(rules).into_iter().map(|news| (news.rule.id.clone(), news.what)).collect());
    }
    all
}

fn of(id: &str, what: &[What]) -> Vec<(String, What)> {
    what.iter().map(|what| (id.to_owned(), *what)).collect()
}

#[test]
fn the_way_to_four_passes_every_milestone_once_and_ends() {
    let [first, second, third, fourth, fifth] = &after_each(&[rule("four", Measure::Workouts, 4.0)], 5)[..] else { panic!("five") };
    assert_eq!(*first, of("four", &[What::Progress, What::Milestone(25)]));
    assert_eq!(*second, of("four", &[What::Progress, What::Milestone(50)]));
    assert_eq!(*third, of("four", &[What::Progress, What::Milestone(75)]));
    assert_eq!(*fourth, of("four", &[What::Progress, What::Unlocked]));
    assert_eq!(*fifth, [], "100 % stays 100 %");
}

#[test]
fn one_step_to_the_end_passes_everything() {
    let all = [What::Progress, What::Milestone(25), What::Milestone(50), What::Milestone(75), What::Unlocked];
    assert_eq!(after_each(&[rule("one", Measure::Workouts, 1.0)], 1), [of("one", &all)]);
}

#[test]
fn what_was_unlocked_stays_so_and_is_not_announced_again() {
    let rules = [rule("two", Measure::Workouts, 2.0)];
    let mut person = person([done("a", "2026-11-20T06:30:00Z", ""), done("b", "2026-11-21T06:30:00Z", "")]);
    person.judge(&rules);
    person.apply(&deleted("b"));
    let news: Vec<What> = person.judge(&rules).iter().map(|news| news.what).collect();
    assert_eq!(news, [What::Progress], "down to 50 %, and the milestones were");
    let standing = person.standings["two"];
    assert_eq!((standing.current, standing.percent, standing.unlocked), (1.0, 50.0, Some(2.0)));
    person.apply(&done("c", "2026-11-22T06:30:00Z", ""));
    let news: Vec<What> = person.judge(&rules).iter().map(|news| news.what).collect();
    assert_eq!(news, [What::Progress]);
}

#[test]
fn a_combination_counts_its_parts_that_are_met() {
    let parts = vec![Need::new(Measure::Workouts, 2.0).unwrap(), Need::new(Measure::Distance, 5_000.0).unwrap()];
    let rules = [Rule { needs: Needs::all(parts).unwrap(), ..rule("both", Measure::Workouts, 1.0) }];
    let news = after_each(&rules, 2);
    assert_eq!(news[0], of("both", &[What::Progress, What::Milestone(25), What::Milestone(50)]));
    assert_eq!(news[1], of("both", &[What::Progress, What::Milestone(75), What::Unlocked]));
}

#[test]
fn a_streak_rule_uses_the_best() {
    let rules = [rule("three", Measure::StreakDays, 3.0)];
    let moments = ["2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z", "2026-11-03T06:30:00Z", "2026-11-20T06:30:00Z"];
    let mut person = person(moments.map(|moment| done(moment, moment, "")));
    person.judge(&rules);
    assert_eq!((person.counts.streak.current, person.standings["three"].unlocked), (1, Some(3.0)));
}

#[test]
fn a_rule_without_a_target_or_with_too_many_parts_is_none() {
    for target in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Need::new(Measure::Workouts, target), Err(Fault::NoTarget));
    }
    let need = Need::new(Measure::Workouts, 1.0).unwrap();
    assert_eq!((Needs::all(Vec::new()), Needs::all(vec![need; PARTS + 1])), (Err(Fault::NoParts), Err(Fault::NoParts)));
}
