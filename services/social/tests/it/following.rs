//! `Follow`, `Unfollow`, and the lists of both ends.

use contracts_social::v1::{Followed, ListFollowersRequest, ListFollowingRequest, TargetKind, UnfollowRequest, Unfollowed};
use store::{StoreError, params};
use testkit::Database;
use tonic::Code;

use crate::house::{House, follow, target};

testkit::on_both_databases! {
    a_second_follow_and_a_second_unfollow_change_nothing
    nobody_follows_themselves
    the_same_request_is_one_follow
    both_ends_are_listed_in_pages
    nobody_follows_more_than_a_thousand
}

async fn a_second_follow_and_a_second_unfollow_change_nothing(database: Database) {
    let house = House::on(database).await;
    for already in [false, true] {
        let answer = house.client().follow(follow("ann", "bob")).await.expect("an answer").into_inner();
        assert_eq!(answer.already, already);
    }
    let followed: Followed = house.watch.first("ann").await;
    assert_eq!((followed.target, followed.at.is_some()), (Some(target(TargetKind::User, "bob", "bob")), true));
    let unfollow = UnfollowRequest { user_id: "ann".into(), target_user_id: "bob".into(), request_id: None };
    for already in [false, true] {
        let answer = house.client().unfollow(unfollow.clone()).await.expect("an answer").into_inner();
        assert_eq!(answer.already, already);
    }
    let unfollowed: Unfollowed = house.watch.first("ann").await;
    assert_eq!(unfollowed.target, Some(target(TargetKind::User, "bob", "bob")));
    assert_eq!(house.process.logged("social").await, 2, "one event for each change");
}

async fn nobody_follows_themselves(database: Database) {
    let house = House::on(database).await;
    let refused = house.client().follow(follow("ann", "ann")).await.expect_err("oneself");
    assert_eq!((refused.code(), refused.message().starts_with("target_user_id")), (Code::InvalidArgument, true), "{refused:?}");
    assert_eq!(house.client().follow(follow("ann", "")).await.expect_err("nobody").code(), Code::InvalidArgument);
    assert_eq!(house.process.logged("social").await, 0);
}

async fn the_same_request_is_one_follow(database: Database) {
    let house = House::on(database).await;
    let mut request = follow("ann", "bob");
    request.request_id = Some("r-1".into());
    for _ in 0..2 {
        let answer = house.client().follow(request.clone()).await.expect("an answer").into_inner();
        assert!(!answer.already, "the first answer again");
    }
    request.target_user_id = "cid".into();
    assert_eq!(house.client().follow(request).await.expect_err("another body").code(), Code::AlreadyExists);
}

async fn both_ends_are_listed_in_pages(database: Database) {
    let house = House::on(database).await;
    for (user, target) in [("bob", "ann"), ("cid", "ann"), ("dan", "ann"), ("ann", "bob")] {
        house.follows(user, target).await;
    }
    let ask = |page_token: String| ListFollowersRequest { user_id: "ann".into(), page_size: 2, page_token };
    let first = house.client().list_followers(ask(String::new())).await.expect("a page").into_inner();
    assert_eq!(first.user_ids, ["bob", "cid"]);
    let last = house.client().list_followers(ask(first.next_page_token)).await.expect("a page").into_inner();
    assert_eq!((last.user_ids, last.next_page_token), (vec!["dan".to_owned()], String::new()));
    let request = ListFollowingRequest { user_id: "ann".into(), ..ListFollowingRequest::default() };
    assert_eq!(house.client().list_following(request).await.expect("a page").into_inner().user_ids, ["bob"]);
    let bad = ListFollowersRequest { page_size: -1, ..ask(String::new()) };
    assert_eq!(house.client().list_followers(bad).await.expect_err("refused").code(), Code::InvalidArgument);
}

async fn nobody_follows_more_than_a_thousand(database: Database) {
    let house = House::on(database).await;
    let many = house.process.store("social").write::<_, StoreError, _>(|work| {
        Box::pin(async move {
            let sql = "INSERT INTO follows (user_id, followed_id, since_us) VALUES ($1, $2, 0)";
            for number in 0..1_000 {
                work.execute(sql, params!["ann", format!("u-{number}")]).await?;
            }
            Ok(())
        })
    });
    many.await.expect("follows");
    let refused = house.client().follow(follow("ann", "bob")).await.expect_err("too many");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let again = house.client().follow(follow("ann", "u-1")).await.expect("no new one").into_inner();
    assert!(again.already);
}
