//! Looking at dead letters, whoever's they are.

use catalogue::events::v1::{GetDeadLetterRequest, ListDeadLettersRequest, ListDeadLettersResponse};
use catalogue::platform::v1::{DeadLetter, DeadLetterFilter, DeadLetterState};
use prost_types::value::Kind;
use testkit::{Database, SOON, eventually};
use tonic::Code;

use crate::house::House;

testkit::on_both_databases! {
    letters_of_all_services_are_listed_newest_first_with_counts
    a_letter_is_shown_with_all_it_has
    pages_of_letters_join
}

pub async fn list(house: &House, request: ListDeadLettersRequest) -> ListDeadLettersResponse {
    house.client().list_dead_letters(request).await.expect("a list").into_inner()
}

/// All open letters, as soon as there are so many, oldest first.
pub async fn letters(house: &House, count: usize) -> Vec<DeadLetter> {
    eventually(SOON, || async {
        let mut letters = list(house, ListDeadLettersRequest { page_size: 1_000, ..Default::default() }).await.dead_letters;
        letters.reverse();
        (letters.len() == count).then_some(letters)
    })
    .await
}

async fn letters_of_all_services_are_listed_newest_first_with_counts(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[3]);
    for product in ["apple", "pear", "plum"] {
        house.restock(product, 1..=5).await;
    }
    letters(&house, 3).await;
    house.process.publish("ingest.workout.completed.user-1", "{}").await;
    letters(&house, 4).await;
    house.process.publish("events.order.placed.o1", "{}").await;
    let all = letters(&house, 5).await;
    let services: Vec<&str> = all.iter().map(|letter| letter.service.as_str()).collect();
    assert_eq!(services, ["shipping", "shipping", "shipping", "workouts", "events"]);
    assert!(all.iter().all(|letter| letter.payload.is_empty() && letter.state() == DeadLetterState::Open));

    let counted = list(&house, ListDeadLettersRequest { counts_only: true, ..Default::default() }).await;
    assert_eq!((counted.total, counted.dead_letters.len()), (5, 0));
    let shelf = &counted.counts[0];
    assert_eq!((shelf.consumer.as_str(), shelf.r#type.as_str(), shelf.count), ("shipping-shelf", "inventory.restocked", 3));
    assert_eq!(shelf.reason, "rejected");
    assert!(counted.silent_services.contains(&"orders".to_owned()), "who does not run is named: {:?}", counted.silent_services);

    let total =
        async |filter: DeadLetterFilter| list(&house, ListDeadLettersRequest { filter: Some(filter), ..Default::default() }).await.total;
    let filter = DeadLetterFilter::default;
    assert_eq!(total(DeadLetterFilter { consumer: "shipping-shelf".into(), ..filter() }).await, 3);
    assert_eq!(total(DeadLetterFilter { key: "pear".into(), ..filter() }).await, 1);
    assert_eq!(total(DeadLetterFilter { r#type: "workout.completed".into(), ..filter() }).await, 1);
    assert_eq!(total(DeadLetterFilter { fingerprint: shelf.fingerprint.clone(), key: "plum".into(), ..filter() }).await, 1);
    assert_eq!(total(DeadLetterFilter { service: "workouts".into(), ..filter() }).await, 1);
    assert_eq!(total(DeadLetterFilter { reason: "foreign".into(), ..filter() }).await, 1);
    assert_eq!(total(DeadLetterFilter { from: all[3].created_at, ..filter() }).await, 2);
    assert_eq!(total(DeadLetterFilter { to: all[3].created_at, ..filter() }).await, 3);
    assert_eq!(total(DeadLetterFilter { state: DeadLetterState::Discarded.into(), ..filter() }).await, 0);
    assert_eq!(total(DeadLetterFilter { any_state: true, ..filter() }).await, 5);
}

async fn a_letter_is_shown_with_all_it_has(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[1]);
    house.restock("apple", [1]).await;
    let id = letters(&house, 1).await.remove(0).id;
    let answer = house.client().get_dead_letter(GetDeadLetterRequest { id }).await.unwrap().into_inner();
    let letter = answer.dead_letter.expect("a letter");
    assert_eq!((letter.stream.as_str(), letter.position, letter.aggregate_type.as_str()), ("EVENTS_INVENTORY", 1, "product"));
    assert!(letter.headers.iter().any(|header| header.name == "ce-id" && header.value == letter.event_id));
    assert_eq!(letter.attempts.len(), 1);
    assert!(!letter.payload.is_empty() && !letter.correlation_id.is_empty());
    assert_eq!(answer.data.expect("data").fields["product_id"].kind, Some(Kind::StringValue("apple".into())));
    let unknown = house.client().get_dead_letter(GetDeadLetterRequest { id: "nobodys".into() }).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

async fn pages_of_letters_join(database: Database) {
    let house = House::on(database).await;
    house.shelf.fail_on(&[1]);
    for product in 0..12 {
        house.restock(&format!("p{product}"), [1]).await;
        if product % 3 == 0 {
            house.process.publish("ingest.workout.completed.user-1", format!("{{\"n\":{product}}}")).await;
        }
    }
    let mut whole: Vec<String> = letters(&house, 16).await.into_iter().map(|letter| letter.id).collect();
    whole.reverse();
    let (mut joined, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = list(&house, ListDeadLettersRequest { page_size: 5, page_token, ..Default::default() }).await;
        assert_eq!(page.total, 16);
        joined.extend(page.dead_letters.into_iter().map(|letter| letter.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(joined, whole);
}
