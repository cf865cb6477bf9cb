//! Ten thousand workouts by hand, in any order, with repeats.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use contracts_workouts::v1::GetUserTotalsRequest;
use store::params;
use testkit::{Database, eventually};

use crate::club::Club;

const WORKOUTS: u64 = 10_000;
const USERS: u64 = 500;

testkit::on_both_databases! { ten_thousand_workouts_by_hand_add_up_user_by_user }

/// A shuffle that is the same each time.
fn shuffled(mut all: Vec<u64>) -> Vec<u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..all.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all.swap(at, (state >> 33) as usize % (at + 1));
    }
    all
}

async fn ten_thousand_workouts_by_hand_add_up_user_by_user(database: Database) {
    let club = Club::on(database).await;
    let user = |number: u64| format!("u-{}", number % USERS);
    let amounts =
        |number: u64| (1_000 + number * 7 % 9_000, 100 + number % 800, 600 + number % 3_000, 1_700_000_000 + number * 977 % 9_999_991);
    let repeats = (0..WORKOUTS).step_by(20);
    let order = shuffled((0..WORKOUTS).chain(repeats).collect());
    let context = async_nats::jetstream::new(club.process.client().clone());
    let started = Instant::now();
    let mut acks = Vec::new();
    for number in order {
        let (distance, calories, duration, at) = amounts(number);
        let at = prost_types::Timestamp { seconds: at as i64, nanos: 0 };
        let body = format!(
            r#"{{"workout_id":"w-{number}","started_at":"{at}","duration_s":{duration},"distance_m":{distance},"calories_kcal":{calories}}}"#
        );
        let subject = format!("ingest.workout.completed.{}", user(number));
        acks.push(context.publish(subject, body.into()).await.expect("a connection"));
        if acks.len() == 1_000 {
            for ack in acks.drain(..) {
                ack.await.expect("published");
            }
        }
    }
    for ack in acks {
        ack.await.expect("published");
    }
    let store = club.process.store("workouts");
    let counted = || async {
        let row = store.row("SELECT COUNT(*) AS count FROM workouts WHERE status = 'completed'", params![]).await.expect("a count");
        (row.expect("a row").get::<u64>("count").expect("a count") == WORKOUTS).then_some(())
    };
    eventually(Duration::from_secs(120), counted).await;
    eprintln!("{WORKOUTS} workouts by hand counted after {:?}", started.elapsed());

    let mut wanted: BTreeMap<String, (u64, u64, u64, u64, u64)> = BTreeMap::new();
    for number in 0..WORKOUTS {
        let (distance, calories, duration, at) = amounts(number);
        let sum = wanted.entry(user(number)).or_default();
        *sum = (sum.0 + 1, sum.1 + distance, sum.2 + calories, sum.3 + duration, sum.4.max(at));
    }
    for (user, (workouts, distance, calories, duration, at)) in wanted {
        let request = GetUserTotalsRequest { user_id: user.clone() };
        let totals = club.client().get_user_totals(request).await.expect("totals").into_inner().totals.expect("totals");
        let found = (totals.total_workouts, totals.total_distance_m, totals.total_calories_kcal, totals.total_duration_s);
        assert_eq!(found, (workouts, distance as f64, calories as f64, duration as f64), "{user}");
        assert_eq!(totals.last_workout_at.map(|at| at.seconds), Some(at as i64), "{user}");
    }
    assert_eq!(club.process.dead_letters("workouts").await, []);
}
