//! Deciding on dead letters.

use catalogue::events::v1::{
    DiscardDeadLettersRequest, DiscardDeadLettersResponse, ListDeadLettersRequest, RedriveDeadLettersRequest, RedriveDeadLettersResponse,
};
use catalogue::platform::v1::{DeadLetter, DeadLetterFilter, DeadLetterState};
use testkit::sample::inventory::v1::StockRestocked;
use testkit::{Database, SOON, eventually};
use tonic::Code;

use crate::dead_letters::{letters, list};
use crate::house::{House, fields, in_conversation, of};

testkit::on_both_databases! {
    a_redriven_key_goes_on_in_order
    a_letter_is_redriven_once_unless_it_dies_again
    a_dry_run_changes_nothing
    a_discarded_letter_lets_its_followers_go_on
    canaries_that_die_again_leave_the_rest_alone
    canaries_that_live_are_followed_by_the_rest
    a_dead_command_is_obeyed_when_it_is_redriven
    a_dead_call_is_made_again_as_one_that_may_have_gone_through
    what_the_door_refused_is_judged_again
    what_nobody_holds_can_only_be_discarded
    a_request_says_which_and_is_done_once
}

async fn redrive(house: &House, request: RedriveDeadLettersRequest) -> RedriveDeadLettersResponse {
    house.client().redrive_dead_letters(in_conversation(request, "mending")).await.expect("an answer").into_inner()
}

async fn discard(house: &House, ids: Vec<String>) -> DiscardDeadLettersResponse {
    let request = DiscardDeadLettersRequest { ids, reason: "not wanted".to_owned(), ..Default::default() };
    house.client().discard_dead_letters(in_conversation(request, "mending")).await.expect("an answer").into_inner()
}

fn these(ids: &[&str]) -> RedriveDeadLettersRequest {
    RedriveDeadLettersRequest { ids: ids.iter().map(|id| (*id).to_owned()).collect(), ..Default::default() }
}

fn all() -> RedriveDeadLettersRequest {
    RedriveDeadLettersRequest { filter: Some(DeadLetterFilter::default()), ..Default::default() }
}

/// One letter as it is now.
async fn now(house: &House, id: &str) -> DeadLetter {
    let filter = DeadLetterFilter { any_state: true, ..Default::default() };
    let all = list(house, ListDeadLettersRequest { filter: Some(filter), page_size: 1_000, ..Default::default() }).await;
    all.dead_letters.into_iter().find(|letter| letter.id == id).expect("the letter")
}

async fn put(house: &House, key: &str, expected: &[i64]) {
    eventually(SOON, || async { (house.shelf.put(key) == expected).then_some(()) }).await;
}

async fn a_redriven_key_goes_on_in_order(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[3]);
    house.restock("apple", 1..=6).await;
    house.restock("pear", [1]).await;
    let letter = letters(&house, 1).await.remove(0);
    house.restock("apple", 7..=8).await;
    put(&house, "apple", &[1, 2]).await;
    put(&house, "pear", &[1]).await;
    house.shelf.fail_on(&[]);
    let answer = redrive(&house, these(&[&letter.id])).await;
    assert_eq!((answer.redriven, answer.refused.len(), answer.left), (1, 0, 0));
    put(&house, "apple", &[1, 2, 3, 4, 5, 6, 7, 8]).await;
    let settled = eventually(SOON, || async { Some(now(&house, &letter.id).await).filter(|letter| !letter.waiting) }).await;
    assert_eq!(settled.state(), DeadLetterState::Redriven);
    assert!(settled.settled_at.is_some() && settled.settled_reason.contains("mending"), "{settled:?}");
    // The key is free: what comes now is not parked.
    house.restock("apple", [9]).await;
    put(&house, "apple", &[1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
}

async fn a_letter_is_redriven_once_unless_it_dies_again(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[1]);
    house.restock("apple", [1]).await;
    let letter = letters(&house, 1).await.remove(0);
    redrive(&house, these(&[&letter.id])).await;
    // It dies again: the same letter, open again, with both attempts.
    let again = eventually(SOON, || async {
        let letter = letters(&house, 1).await.remove(0);
        (letter.attempts.len() == 2).then_some(letter)
    })
    .await;
    assert_eq!(again.id, letter.id);
    assert!(again.settled_at.is_none() && again.settled_reason.is_empty());
    house.shelf.fail_on(&[]);
    assert_eq!(redrive(&house, these(&[&letter.id])).await.redriven, 1);
    let second = redrive(&house, these(&[&letter.id, "nobodys"])).await;
    assert_eq!(second.redriven, 0);
    let mut reasons: Vec<&str> = second.refused.iter().map(|refusal| refusal.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["already_redriven", "unknown"]);
    put(&house, "apple", &[1]).await;
}

async fn a_dry_run_changes_nothing(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[1]);
    for product in 0..5 {
        house.restock(&format!("p{product}"), [1]).await;
    }
    let open = letters(&house, 5).await;
    let tries = house.shelf.tries();
    let answer = redrive(&house, RedriveDeadLettersRequest { dry_run: true, limit: 3, ..all() }).await;
    assert_eq!(answer.redriven, 3);
    assert_eq!(answer.ids, open[..3].iter().map(|letter| letter.id.clone()).collect::<Vec<_>>(), "the oldest first");
    let request = DiscardDeadLettersRequest { dry_run: true, reason: "x".into(), filter: Some(Default::default()), ..Default::default() };
    assert_eq!(house.client().discard_dead_letters(request).await.unwrap().into_inner().discarded, 5);
    assert_eq!(letters(&house, 5).await, open);
    assert_eq!(house.shelf.tries(), tries);
}

async fn a_discarded_letter_lets_its_followers_go_on(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[2]);
    house.restock("apple", 1..=4).await;
    let letter = letters(&house, 1).await.remove(0);
    let answer = discard(&house, vec![letter.id.clone()]).await;
    assert_eq!((answer.discarded, answer.ids.as_slice()), (1, &[letter.id.clone()][..]));
    put(&house, "apple", &[1, 3, 4]).await;
    let settled = now(&house, &letter.id).await;
    assert_eq!(settled.state(), DeadLetterState::Discarded);
    assert!(settled.settled_reason.starts_with("not wanted"), "{settled:?}");
    assert_eq!(discard(&house, vec![letter.id.clone()]).await.refused[0].reason, "already_discarded");
    assert_eq!(redrive(&house, these(&[&letter.id])).await.refused[0].reason, "already_discarded");
    let unexplained = DiscardDeadLettersRequest { ids: vec![letter.id], ..Default::default() };
    assert_eq!(fields(&house.client().discard_dead_letters(unexplained).await.unwrap_err()), ["reason"]);
}

async fn canaries_that_die_again_leave_the_rest_alone(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[1]);
    for product in 0..6 {
        house.restock(&format!("p{product}"), [1]).await;
    }
    letters(&house, 6).await;
    let answer = redrive(&house, RedriveDeadLettersRequest { canary: 2, ..all() }).await;
    assert!(answer.stopped_by_canary);
    assert_eq!((answer.redriven, answer.left), (2, 4));
    let attempts: Vec<usize> = letters(&house, 6).await.iter().map(|letter| letter.attempts.len()).collect();
    // Those that died again are the newest by now.
    assert_eq!(attempts, [1, 1, 1, 1, 2, 2]);
}

async fn canaries_that_live_are_followed_by_the_rest(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[1]);
    for product in 0..6 {
        house.restock(&format!("p{product}"), [1]).await;
    }
    letters(&house, 6).await;
    house.shelf.fail_on(&[]);
    let began = std::time::Instant::now();
    let answer = redrive(&house, RedriveDeadLettersRequest { canary: 2, rate_per_second: 10, ..all() }).await;
    assert!(!answer.stopped_by_canary);
    assert_eq!((answer.redriven, answer.left), (6, 0));
    assert!(began.elapsed() >= std::time::Duration::from_millis(400), "ten a second: {:?}", began.elapsed());
    for product in 0..6 {
        put(&house, &format!("p{product}"), &[1]).await;
    }
}

async fn a_dead_command_is_obeyed_when_it_is_redriven(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[-7]);
    house.process.publish("commands.inventory.restock.apple", r#"{"quantity":7}"#).await;
    let letter = letters(&house, 1).await.remove(0);
    assert_eq!((letter.consumer.as_str(), letter.r#type.as_str()), ("inventory-commands", "inventory.restock"));
    // It does not keep its lane: the next one is obeyed.
    house.process.publish("commands.inventory.restock.apple", r#"{"quantity":8}"#).await;
    put(&house, "apple", &[8]).await;
    redrive(&house, these(&[&letter.id])).await;
    letters(&house, 1).await;
    house.shelf.fail_on(&[]);
    let died_twice = eventually(SOON, || async {
        let letter = letters(&house, 1).await.remove(0);
        (letter.attempts.len() == 2).then_some(letter)
    });
    assert_eq!(died_twice.await.id, letter.id);
    redrive(&house, these(&[&letter.id])).await;
    put(&house, "apple", &[8, 7]).await;
    let events = house.events(of::<StockRestocked>(), 2).await;
    assert!(events.iter().any(|event| event.causation_id == letter.event_id));
}

async fn a_dead_call_is_made_again_as_one_that_may_have_gone_through(database: Database) {
    let house = House::on(database).await;
    house.carrier.refuse(true);
    house.restock("by-call", [1]).await;
    let letter = letters(&house, 1).await.remove(0);
    assert_eq!((letter.consumer.as_str(), letter.event_id.as_str(), letter.key.as_str()), ("shipping-carry", "call-1", "by-call"));
    house.carrier.refuse(false);
    redrive(&house, these(&[&letter.id])).await;
    eventually(SOON, || async { (house.carrier.calls() == [(1, 1), (1, 2)]).then_some(()) }).await;
    eventually(SOON, || async { (!now(&house, &letter.id).await.waiting).then_some(()) }).await;
    letters(&house, 0).await;
}

async fn what_the_door_refused_is_judged_again(database: Database) {
    let house = House::on(database).await;
    house.process.publish("ingest.workout.completed.user-1", r#"{"workout_id":"w1"}"#).await;
    let letter = letters(&house, 1).await.remove(0);
    let answer = redrive(&house, these(&[&letter.id])).await;
    assert_eq!((answer.redriven, answer.refused.len()), (1, 0));
    // The rules are what they were: it is the same letter, and died later.
    let again = letters(&house, 1).await.remove(0);
    assert_eq!(again.id, letter.id);
    let later = |letter: &DeadLetter| letter.created_at.map(|at| (at.seconds, at.nanos));
    assert!(later(&again) > later(&letter));
    assert_eq!(house.process.logged("workouts").await, 2, "only what tells of the dead letter, each time");
}

async fn what_nobody_holds_can_only_be_discarded(database: Database) {
    let house = House::on(database).await;
    house.process.publish("events.order.placed.o1", "{}").await;
    let letter = letters(&house, 1).await.remove(0);
    for dry_run in [true, false] {
        let answer = redrive(&house, RedriveDeadLettersRequest { dry_run, ..these(&[&letter.id]) }).await;
        assert_eq!((answer.redriven, answer.refused[0].reason.as_str()), (0, "foreign"));
    }
    assert_eq!(discard(&house, vec![letter.id]).await.discarded, 1);
}

async fn a_request_says_which_and_is_done_once(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[1]);
    house.restock("apple", [1]).await;
    let letter = letters(&house, 1).await.remove(0);
    let refused = async |request: RedriveDeadLettersRequest| house.client().redrive_dead_letters(request).await.unwrap_err();
    assert_eq!(fields(&refused(RedriveDeadLettersRequest::default()).await), ["filter"]);
    let both = RedriveDeadLettersRequest { ids: vec![letter.id.clone()], ..all() };
    assert_eq!(fields(&refused(both).await), ["filter"]);
    house.shelf.fail_on(&[]);
    let request = RedriveDeadLettersRequest { request_id: Some("mend-1".into()), ..these(&[&letter.id]) };
    let first = redrive(&house, request.clone()).await;
    assert_eq!(first.redriven, 1);
    assert_eq!(redrive(&house, request).await, first, "the first answer");
    let other = RedriveDeadLettersRequest { request_id: Some("mend-1".into()), ..all() };
    assert_eq!(refused(other).await.code(), Code::AlreadyExists);
}
