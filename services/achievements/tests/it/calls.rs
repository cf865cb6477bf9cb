//! Rules over gRPC: made, refused, retired, listed.

use contracts_achievements::v1::{
    CreateRuleRequest, GetStreakRequest, ListProgressRequest, ListRulesRequest, ListUnlockedRequest, RetireRuleRequest, Rule, RuleKind,
    RulePart, RuleSide,
};
use testkit::Database;
use tonic::Code;

use crate::gym::{Gym, completed, rule};

testkit::on_both_databases! {
    a_rule_is_made_once_and_answers_how_it_stands
    a_bad_rule_is_refused_naming_the_field
    a_retired_rule_counts_no_more_and_its_unlocks_stay
    lists_come_in_pages
}

fn follows(side: RuleSide) -> Rule {
    Rule { side: side.into(), ..rule("follows", RuleKind::Follows, 3.0) }
}

fn part(kind: RuleKind, target: f64) -> RulePart {
    RulePart { kind: kind.into(), target, side: RuleSide::Unspecified.into() }
}

fn combination(parts: Vec<RulePart>) -> Rule {
    Rule { parts, ..rule("both", RuleKind::Combination, 0.0) }
}

async fn a_rule_is_made_once_and_answers_how_it_stands(database: Database) {
    let gym = Gym::open(database).await;
    let made = gym.create(follows(RuleSide::Received)).await.expect("a rule");
    assert!(made.active && made.created_at.is_some());
    assert_eq!((made.kind(), made.side(), made.target), (RuleKind::Follows, RuleSide::Received, 3.0));
    assert_eq!(gym.create(follows(RuleSide::Received)).await.expect("the same"), made);
    assert_eq!(gym.create(follows(RuleSide::Given)).await.expect_err("another").code(), Code::AlreadyExists);
    let both = combination(vec![part(RuleKind::TotalWorkouts, 2.0), part(RuleKind::TotalDistance, 7_000.0)]);
    let made = gym.create(both.clone()).await.expect("a rule");
    assert_eq!((made.target, &made.parts), (2.0, &both.parts));
    // Once per request id.
    let request = CreateRuleRequest { rule: Some(rule("w3", RuleKind::TotalWorkouts, 3.0)), request_id: Some("r1".into()) };
    let first = gym.client().create_rule(request.clone()).await.expect("a rule").into_inner();
    assert_eq!(gym.client().create_rule(request).await.expect("the same").into_inner(), first);

    gym.workout(completed("ada", "w1", "2026-11-20T06:30:00Z")).await;
    gym.reaches("ada", "both", 0.0).await;
    gym.workout(completed("ada", "w2", "2026-11-20T06:30:00Z")).await;
    assert_eq!(gym.reaches("ada", "both", 2.0).await.percent, 100.0);
}

async fn a_bad_rule_is_refused_naming_the_field(database: Database) {
    let gym = Gym::open(database).await;
    let workouts = |target| rule("bad", RuleKind::TotalWorkouts, target);
    for (bad, field) in [
        (workouts(0.0), "rule.target"),
        (workouts(-1.0), "rule.target"),
        (workouts(1e13), "rule.target"),
        (Rule { name: String::new(), ..workouts(1.0) }, "rule.name"),
        (Rule { rule_id: "a b".into(), ..workouts(1.0) }, "rule.rule_id"),
        (Rule { kind: 0, ..workouts(1.0) }, "rule.kind"),
        (Rule { kind: 77, ..workouts(1.0) }, "rule.kind"),
        (Rule { side: RuleSide::Given.into(), ..workouts(1.0) }, "rule.side"),
        (Rule { parts: vec![part(RuleKind::Uploads, 1.0)], ..workouts(1.0) }, "rule.parts"),
        (follows(RuleSide::Unspecified), "rule.side"),
        (combination(Vec::new()), "rule.parts"),
        (combination(vec![part(RuleKind::Uploads, 1.0); 21]), "rule.parts"),
        (combination(vec![part(RuleKind::Uploads, 1.0), part(RuleKind::Combination, 1.0)]), "rule.parts[1].kind"),
        (combination(vec![part(RuleKind::Likes, 1.0)]), "rule.parts[0].side"),
        (Rule { target: 5.0, ..combination(vec![part(RuleKind::Uploads, 1.0)]) }, "rule.target"),
    ] {
        let refused = gym.create(bad.clone()).await.expect_err("refused");
        assert_eq!(refused.code(), Code::InvalidArgument, "{bad:?}");
        assert!(refused.message().starts_with(field), "{field}: {}", refused.message());
    }
    let missing = CreateRuleRequest { rule: None, request_id: None };
    assert_eq!(gym.client().create_rule(missing).await.expect_err("refused").code(), Code::InvalidArgument);
    let bad_user = GetStreakRequest { user_id: "a b".into() };
    assert_eq!(gym.client().get_streak(bad_user).await.expect_err("refused").code(), Code::InvalidArgument);
}

async fn a_retired_rule_counts_no_more_and_its_unlocks_stay(database: Database) {
    let gym = Gym::open(database).await;
    gym.workout(completed("ada", "w1", "2026-11-20T06:30:00Z")).await;
    gym.reaches("ada", "first-workout", 1.0).await;
    let retire = |rule_id: &str| RetireRuleRequest { rule_id: rule_id.into(), request_id: None };
    for _ in 0..2 {
        let retired = gym.client().retire_rule(retire("first-workout")).await.expect("retired").into_inner().rule.expect("a rule");
        assert!(!retired.active);
    }
    assert_eq!(gym.client().retire_rule(retire("nothing")).await.expect_err("none").code(), Code::NotFound);
    gym.workout(completed("bob", "w1", "2026-11-20T06:30:00Z")).await;
    gym.reaches("bob", "workouts-10", 1.0).await;
    assert_eq!(gym.unlocked("bob").await, []);
    assert_eq!(gym.unlocked("ada").await.len(), 1);
    let rule = rule("first-workout", RuleKind::TotalWorkouts, 1.0);
    assert_eq!(gym.create(rule).await.expect_err("it was there").code(), Code::AlreadyExists);
}

async fn lists_come_in_pages(database: Database) {
    let gym = Gym::open(database).await;
    let retire = RetireRuleRequest { rule_id: "likes-10".into(), request_id: None };
    gym.client().retire_rule(retire).await.expect("retired");
    let list = |include_inactive, page_size, page_token: String| {
        let mut client = gym.client();
        async move { client.list_rules(ListRulesRequest { include_inactive, page_size, page_token }).await.map(tonic::Response::into_inner) }
    };
    let all = list(true, 0, String::new()).await.expect("rules").rules;
    assert_eq!(all.len(), 11);
    assert!(all.is_sorted_by_key(|rule| &rule.rule_id));
    let first = list(false, 7, String::new()).await.expect("rules");
    let second = list(false, 7, first.next_page_token.clone()).await.expect("rules");
    assert_eq!((first.rules.len(), second.rules.len(), second.next_page_token.as_str()), (7, 3, ""));
    assert_eq!(list(true, 7, first.next_page_token).await.expect_err("another list").code(), Code::InvalidArgument);

    gym.say("workouts", (1..=10).map(|day| completed("ada", &format!("w{day}"), &format!("2026-11-{day:02}T06:30:00Z")))).await;
    gym.reaches("ada", "workouts-10", 10.0).await;
    let mut unlocked = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListUnlockedRequest { user_id: "ada".into(), page_size: 1, page_token };
        let page = gym.client().list_unlocked(request).await.expect("a page").into_inner();
        unlocked.extend(page.unlocked);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(unlocked, gym.unlocked("ada").await);
    let mut ids: Vec<&str> = unlocked.iter().map(|it| it.achievement_id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["first-workout", "streak-7", "workouts-10"]);
    let request = |page_token: String| ListProgressRequest { user_id: "ada".into(), page_size: 5, page_token };
    let page = gym.client().list_progress(request(String::new())).await.expect("a page").into_inner();
    let next = gym.client().list_progress(request(page.next_page_token)).await.expect("a page").into_inner();
    assert!(page.progress.last().expect("one").rule_id < next.progress[0].rule_id);
}
