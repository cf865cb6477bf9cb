//! `user.acted`, by hand.

use contracts_users::v1::UserActed;
use testkit::{Database, SOON, eventually};

use crate::house::House;

testkit::on_both_databases! {
    what_users_do_comes_in_by_hand
    what_does_not_fit_is_a_dead_letter_that_names_the_field
}

async fn what_users_do_comes_in_by_hand(database: Database) {
    let house = House::on(database).await;
    house.process.publish("ingest.user.acted.ann", r#"{"action":"viewed","target":"PROD-001","properties":{"page":2}}"#).await;
    house.process.publish("ingest.user.action.ann", r#"{"action":"searched","target":"shoes"}"#).await;
    let viewed: UserActed = house.watch.first("ann").await;
    assert_eq!((viewed.user_id.as_str(), viewed.action.as_str(), viewed.target.as_str()), ("ann", "viewed", "PROD-001"));
    let searched: UserActed = house.watch.nth("ann", 2).await;
    assert_eq!(searched.action, "searched", "by its old name");
}

async fn what_does_not_fit_is_a_dead_letter_that_names_the_field(database: Database) {
    let house = House::on(database).await;
    house.process.publish("ingest.user.acted.ann", r#"{"target":"PROD-001"}"#).await;
    house.process.publish("ingest.user.goal_achieved.ann", r#"{"goal_id":"g1"}"#).await;
    let dead = eventually(SOON, || async {
        let dead = house.process.dead_letters("users").await;
        (dead.len() == 2).then_some(dead)
    });
    let dead = dead.await;
    assert!(dead.iter().any(|letter| letter.error.contains("action")), "{dead:?}");
    assert!(dead.iter().any(|letter| letter.error.contains("not open to publishing by hand")), "{dead:?}");
    assert!(house.watch.messages().is_empty(), "nothing of it became an event");
}
