//! `GetConversation`: what followed from one request.

use catalogue::events::v1::{ConversationNode, GetConversationRequest, GetConversationResponse};
use testkit::{Database, SOON, eventually};
use tonic::Code;

use crate::house::House;

testkit::on_both_databases! {
    a_command_by_hand_and_what_followed_are_one_tree
    a_conversation_that_nobody_had_is_not_found
    what_is_too_much_for_one_answer_is_cut_and_said
}

async fn conversation(house: &House, correlation_id: &str) -> Option<GetConversationResponse> {
    let request = GetConversationRequest { correlation_id: correlation_id.to_owned() };
    match house.client().get_conversation(request).await {
        Ok(answer) => Some(answer.into_inner()),
        Err(status) if status.code() == Code::NotFound => None,
        Err(status) => panic!("{status:?}"),
    }
}

/// `inventory.restock(inventory.restocked)`
fn drawn(nodes: &[ConversationNode]) -> String {
    let one = |node: &ConversationNode| {
        let type_ = &node.event.as_ref().expect("an event").r#type;
        if node.children.is_empty() { type_.clone() } else { format!("{type_}({})", drawn(&node.children)) }
    };
    nodes.iter().map(one).collect::<Vec<_>>().join(" ")
}

async fn a_command_by_hand_and_what_followed_are_one_tree(database: Database) {
    let house = House::on(database).await;
    house.process.publish_with("commands.inventory.restock.whole-milk", &[("x-correlation-id", "by-hand-1")], r#"{"quantity":500}"#).await;
    let answer = eventually(SOON, || async { conversation(&house, "by-hand-1").await.filter(|answer| answer.count == 2) }).await;
    assert_eq!(drawn(&answer.roots), "inventory.restock(inventory.restocked)");
    assert!(!answer.truncated);
    let command = answer.roots[0].event.as_ref().expect("the command");
    assert_eq!((command.kind.as_str(), command.source.as_str(), command.key.as_str()), ("command", "inventory", "whole-milk"));
    assert!(command.data.is_some());
    assert!(house.process.dead_letters("events").await.is_empty(), "a command by hand is no stranger");
}

async fn a_conversation_that_nobody_had_is_not_found(database: Database) {
    let house = House::on(database).await;
    assert!(conversation(&house, "nobody").await.is_none());
}

async fn what_is_too_much_for_one_answer_is_cut_and_said(database: Database) {
    let house = House::on(database).await;
    // One conversation of 12,000 roots.
    house.restock("apple", 1..=12_000).await;
    let first = eventually(SOON, || async {
        let request = catalogue::events::v1::ListEventsRequest { page_size: 1, ..Default::default() };
        house.list(request).await.unwrap().0.pop()
    })
    .await;
    let answer =
        eventually(SOON, || async { conversation(&house, &first.correlation_id).await.filter(|answer| answer.count == 12_000) }).await;
    assert!(answer.truncated);
    assert!((1_000..=5_000).contains(&answer.roots.len()), "{}", answer.roots.len());
}
