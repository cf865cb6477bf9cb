//! `Comment` and `ListComments`.

use contracts_social::v1::{Comment, CommentRequest, Commented, ListCommentsRequest, TargetKind};
use testkit::Database;
use tonic::Code;

use crate::house::{House, target};

testkit::on_both_databases! {
    comments_are_listed_oldest_first_in_pages
    a_comment_has_at_most_a_thousand_characters
    the_same_request_is_one_comment
}

fn say(user: &str, text: &str) -> CommentRequest {
    let target = Some(target(TargetKind::Workout, "w1", "bob"));
    CommentRequest { user_id: user.into(), target, text: text.into(), request_id: None }
}

fn texts(comments: &[Comment]) -> Vec<&str> {
    comments.iter().map(|comment| comment.text.as_str()).collect()
}

async fn comments_are_listed_oldest_first_in_pages(database: Database) {
    let house = House::on(database).await;
    let mut said = Vec::new();
    for (user, text) in [("ann", "well done"), ("cid", "how far?"), ("ann", "far")] {
        let comment = house.client().comment(say(user, text)).await.expect("a comment").into_inner().comment.expect("a comment");
        said.push(comment);
    }
    let ask = |page_token: String| ListCommentsRequest { target: say("", "").target, page_size: 2, page_token };
    let first = house.client().list_comments(ask(String::new())).await.expect("a page").into_inner();
    assert_eq!(first.comments, said[..2]);
    let last = house.client().list_comments(ask(first.next_page_token)).await.expect("a page").into_inner();
    assert_eq!((texts(&last.comments), last.next_page_token.as_str()), (vec!["far"], ""));
    let event: Commented = house.watch.nth("ann", 2).await;
    assert_eq!((event.comment_id, event.text, event.target), (said[2].comment_id.clone(), "far".to_owned(), said[2].target.clone()));
    let other = ListCommentsRequest { target: Some(target(TargetKind::Workout, "w1", "ann")), ..ListCommentsRequest::default() };
    assert!(house.client().list_comments(other).await.expect("a page").into_inner().comments.is_empty(), "another's w1");
}

async fn a_comment_has_at_most_a_thousand_characters(database: Database) {
    let house = House::on(database).await;
    let longest = "跑".repeat(1_000);
    house.client().comment(say("ann", &longest)).await.expect("characters, not bytes");
    for bad in [say("ann", &"跑".repeat(1_001)), say("ann", ""), say("", "well done"), CommentRequest { target: None, ..say("ann", "x") }]
    {
        assert_eq!(house.client().comment(bad).await.expect_err("refused").code(), Code::InvalidArgument);
    }
    let event: Commented = house.watch.first("ann").await;
    assert_eq!(event.text, longest);
    assert_eq!(house.process.logged("social").await, 1);
}

async fn the_same_request_is_one_comment(database: Database) {
    let house = House::on(database).await;
    let request = CommentRequest { request_id: Some("r-1".into()), ..say("ann", "well done") };
    let first = house.client().comment(request.clone()).await.expect("a comment").into_inner();
    assert_eq!(house.client().comment(request).await.expect("the same").into_inner(), first);
    assert_eq!(house.process.logged("social").await, 1);
}
