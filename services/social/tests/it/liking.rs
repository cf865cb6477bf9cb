//! `Like`.

use contracts_social::v1::{Liked, Target, TargetKind};
use testkit::Database;
use tonic::Code;

use crate::house::{House, like, target};

testkit::on_both_databases! {
    a_second_like_changes_nothing
    many_likes_at_once_are_one
    kind_id_and_owner_make_a_target
    a_bad_target_is_named
}

async fn a_second_like_changes_nothing(database: Database) {
    let house = House::on(database).await;
    let workout = target(TargetKind::Workout, "w1", "bob");
    for (user, expected) in [("ann", (false, 1)), ("ann", (true, 1)), ("cid", (false, 2))] {
        let answer = house.client().like(like(user, workout.clone())).await.expect("an answer").into_inner();
        assert_eq!((answer.already, answer.likes), expected);
    }
    let liked: Liked = house.watch.first("ann").await;
    assert_eq!((liked.target, liked.at.is_some()), (Some(workout), true));
    assert_eq!(house.process.logged("social").await, 2, "one event a user");
}

async fn many_likes_at_once_are_one(database: Database) {
    let house = House::on(database).await;
    let likes: Vec<_> = (0..8)
        .map(|_| {
            let mut client = house.client();
            tokio::spawn(async move { client.like(like("ann", target(TargetKind::User, "bob", ""))).await })
        })
        .collect();
    let mut new = 0;
    for answer in likes {
        new += u32::from(!answer.await.expect("a task").expect("an answer").into_inner().already);
    }
    assert_eq!((new, house.process.logged("social").await), (1, 1));
}

async fn kind_id_and_owner_make_a_target(database: Database) {
    let house = House::on(database).await;
    let likes = |target: Target| async { house.client().like(like("ann", target)).await.expect("an answer").into_inner().likes };
    assert_eq!(likes(target(TargetKind::Achievement, "first", "bob")).await, 1);
    assert_eq!(likes(target(TargetKind::Achievement, "first", "cid")).await, 1);
    assert_eq!(likes(target(TargetKind::Workout, "first", "bob")).await, 1);
    assert_eq!(house.process.logged("social").await, 3);
    // A user is their own, said or not.
    assert_eq!(likes(target(TargetKind::User, "bob", "")).await, 1);
    assert_eq!(likes(target(TargetKind::User, "bob", "bob")).await, 1);
    assert_eq!(house.process.logged("social").await, 4);
}

async fn a_bad_target_is_named(database: Database) {
    let house = House::on(database).await;
    for (bad, field) in [
        (target(TargetKind::Unspecified, "w1", "bob"), "target.kind"),
        (target(TargetKind::Workout, "", "bob"), "target.id"),
        (target(TargetKind::Workout, "w1", ""), "target.owner_id"),
        (target(TargetKind::User, "bob", "cid"), "target.owner_id"),
        (target(TargetKind::Workout, "w1", "b b"), "target.owner_id"),
    ] {
        let refused = house.client().like(like("ann", bad)).await.expect_err("refused");
        assert_eq!((refused.code(), refused.message().starts_with(field)), (Code::InvalidArgument, true), "{field}: {refused:?}");
    }
    assert_eq!(house.process.logged("social").await, 0);
}
