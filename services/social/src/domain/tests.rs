use super::*;

#[test]
fn nobody_follows_themselves() {
    assert_eq!(may_follow("ann", "ann", 0), Err(Rejection::Oneself));
    assert_eq!(may_follow("ann", "bob", 0), Ok(()));
}

#[test]
fn nobody_follows_more_than_a_feed_can_be_made_of() {
    assert_eq!(may_follow("ann", "bob", MOST_FOLLOWED - 1), Ok(()));
    assert_eq!(may_follow("ann", "bob", MOST_FOLLOWED), Err(Rejection::TooMany));
}

#[test]
fn a_user_is_their_own_and_the_rest_is_somebodys() {
    let named = |kind, owner: &str| Target::named(kind, "x".into(), owner.into()).map_err(|fault| fault.field);
    assert_eq!(named(Kind::User, ""), Ok(Target::user("x")));
    assert_eq!(named(Kind::User, "x"), Ok(Target::user("x")));
    assert_eq!(named(Kind::User, "ann"), Err("owner_id"));
    assert_eq!(named(Kind::Workout, "ann"), Ok(Target::workout("x", "ann")));
    assert_eq!(named(Kind::Workout, ""), Err("owner_id"));
    assert_eq!(named(Kind::Achievement, ""), Err("owner_id"));
}

#[test]
fn a_workout_is_one_thing_and_liking_it_is_another() {
    let told = |event| Activity::workout("ann", "w1").about(event);
    assert_eq!(told("e1"), told("e2"));
    let liked = |event| Activity::on("ann", Target::workout("w1", "ann")).about(event);
    assert_ne!(liked("e1"), told("e1"));
    assert_ne!(liked("e1"), liked("e2"));
}
