//! Between the contract's words and this service's.

use contracts_achievements::v1 as wire;
use contracts_achievements::v1::{RuleKind, RuleSide};
use messaging::headers;
use service_host::status;
use tonic::Status;

use crate::domain::{Counts, Fault, Measure, Need, Needs, Rule, date};
use crate::store::rules::Record;

/// What kind and side mean together. A side where there is none to choose, or none where there is, means nothing.
const MEASURES: [(RuleKind, RuleSide, Measure); 10] = [
    (RuleKind::TotalWorkouts, RuleSide::Unspecified, Measure::Workouts),
    (RuleKind::ConsecutiveDays, RuleSide::Unspecified, Measure::StreakDays),
    (RuleKind::TotalDistance, RuleSide::Unspecified, Measure::Distance),
    (RuleKind::CaloriesBurnt, RuleSide::Unspecified, Measure::Calories),
    (RuleKind::GoalsAchieved, RuleSide::Unspecified, Measure::Goals),
    (RuleKind::Uploads, RuleSide::Unspecified, Measure::Uploads),
    (RuleKind::Follows, RuleSide::Given, Measure::FollowsGiven),
    (RuleKind::Follows, RuleSide::Received, Measure::FollowsReceived),
    (RuleKind::Likes, RuleSide::Given, Measure::LikesGiven),
    (RuleKind::Likes, RuleSide::Received, Measure::LikesReceived),
];

/// A rule as somebody wants it. INVALID_ARGUMENT naming the field.
pub fn rule_asked(asked: &wire::Rule) -> Result<Rule, Status> {
    let needs = if asked.kind() == RuleKind::Combination {
        let parts = asked.parts.iter().enumerate();
        let parts = parts.map(|(at, part)| need(&format!("rule.parts[{at}]"), part.kind, part.side, part.target));
        let needs = Needs::all(parts.collect::<Result<_, _>>()?).map_err(|fault: Fault| bad("rule.parts", fault))?;
        if asked.side() != RuleSide::Unspecified {
            return Err(bad("rule.side", "a combination has none; its parts do"));
        }
        if asked.target != 0.0 && asked.target != needs.target() {
            return Err(bad("rule.target", format!("is the number of parts, {}; leave it out", needs.target())));
        }
        needs
    } else {
        if !asked.parts.is_empty() {
            return Err(bad("rule.parts", "only a combination has parts"));
        }
        Needs::One(need("rule", asked.kind, asked.side, asked.target)?)
    };
    Ok(Rule { id: asked.rule_id.clone(), name: asked.name.clone(), icon: asked.icon.clone(), needs })
}

fn need(field: &str, kind: i32, side: i32, target: f64) -> Result<Need, Status> {
    let kind = RuleKind::try_from(kind).map_err(|_| bad(&format!("{field}.kind"), "is no kind of rule"))?;
    let side = RuleSide::try_from(side).map_err(|_| bad(&format!("{field}.side"), "is no side"))?;
    let of_kind: Vec<_> = MEASURES.iter().filter(|(known, ..)| *known == kind).collect();
    if of_kind.is_empty() {
        return Err(bad(&format!("{field}.kind"), "does not stand for something to count"));
    }
    let Some((.., measure)) = of_kind.iter().find(|(_, known, _)| *known == side) else {
        let wanted = if of_kind.len() > 1 { "must be given or received" } else { "must be left out: this kind has none" };
        return Err(bad(&format!("{field}.side"), wanted));
    };
    Need::new(*measure, target).map_err(|fault| bad(&format!("{field}.target"), fault))
}

fn bad(field: &str, what: impl ToString) -> Status {
    status::invalid_field(field, what.to_string())
}

fn names(measure: Measure) -> (i32, i32) {
    let known = MEASURES.iter().find(|(.., known)| *known == measure);
    known.map_or((0, 0), |(kind, side, _)| ((*kind).into(), (*side).into()))
}

/// A rule as it is shown.
pub fn rule(record: &Record) -> wire::Rule {
    let it = &record.rule;
    let (kind, side, parts) = match &it.needs {
        Needs::One(need) => {
            let (kind, side) = names(need.measure);
            (kind, side, Vec::new())
        }
        Needs::All(parts) => (RuleKind::Combination.into(), RuleSide::Unspecified.into(), parts.iter().map(part).collect()),
    };
    wire::Rule {
        rule_id: it.id.clone(),
        name: it.name.clone(),
        icon: it.icon.clone(),
        kind,
        target: it.needs.target(),
        side,
        active: record.active,
        parts,
        description: record.description.clone(),
        created_at: Some(record.created_at_us).filter(|at| *at > 0).map(headers::timestamp),
    }
}

fn part(need: &Need) -> wire::RulePart {
    let (kind, side) = names(need.measure);
    wire::RulePart { kind, target: need.target, side }
}

/// A streak as it is shown.
pub fn streak(counts: &Counts) -> wire::Streak {
    let streak = counts.streak;
    wire::Streak { current: streak.current, best: streak.best, last_day: streak.last_day.map(date).unwrap_or_default() }
}
