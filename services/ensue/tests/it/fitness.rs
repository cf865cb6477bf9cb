//! Ten thousand workouts by hand, in no order and with repeats: what the services say of each user is what one gets from the list on paper.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, Context};
use contracts::achievements::v1::{GetStreakRequest, ListUnlockedRequest};
use contracts::workouts::v1::GetUserTotalsRequest;
use fastrand::Rng;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use messaging::headers;
use testkit::eventually;

use crate::shop::Shop;

const WORKOUTS: usize = 10_000;
const USERS: usize = 500;
/// Published a second time, somewhere among the rest.
const REPEATS: usize = WORKOUTS / 20;
/// In which all of them were done.
const DAYS: i64 = 40;
/// Publishes on their way, and users asked about, at a time.
const AT_ONCE: usize = 256;

/// Names with the hours by which they are ahead of UTC, all the year; none is UTC.
const ZONES: [(&str, i64); 4] = [("", 0), ("Asia/Shanghai", 8), ("Etc/GMT+8", -8), ("Asia/Tokyo", 9)];

struct Workout {
    user: usize,
    id: String,
    /// Seconds since 1970 UTC.
    started: i64,
    zone: (&'static str, i64),
    distance_m: u64,
    calories_kcal: u64,
}

impl Workout {
    fn random(number: usize, rng: &mut Rng) -> Self {
        Self {
            user: rng.usize(..USERS),
            id: format!("w{number}"),
            started: 1_791_000_000 + rng.i64(0..DAYS * 86_400),
            zone: ZONES[rng.usize(..ZONES.len())],
            distance_m: rng.u64(1_000..10_000),
            calories_kcal: rng.u64(100..900),
        }
    }

    /// As `nats pub` sends it.
    fn message(&self) -> (String, String) {
        let zone = if self.zone.0.is_empty() { String::new() } else { format!(r#","time_zone":"{}""#, self.zone.0) };
        let body = format!(
            r#"{{"workout_id":"{}","started_at":"{}","duration_s":1800,"distance_m":{},"calories_kcal":{},"heart_rate_bpm":[120,140,130]{zone}}}"#,
            self.id,
            headers::rfc3339(self.started * 1_000_000),
            self.distance_m,
            self.calories_kcal
        );
        (format!("ingest.workout.completed.user-{}", self.user), body)
    }

    /// Days since 1970, where the user was.
    fn day(&self) -> i64 {
        (self.started + self.zone.1 * 3_600).div_euclid(86_400)
    }
}

/// All that the services say of one user.
#[derive(Debug, Default, PartialEq)]
struct Picture {
    workouts: u64,
    distance_m: f64,
    calories_kcal: f64,
    last_workout: i64,
    current_streak: u32,
    best_streak: u32,
    unlocked: BTreeSet<String>,
}

/// The same, from the list.
fn on_paper(workouts: &[&Workout]) -> Picture {
    let days: BTreeSet<i64> = workouts.iter().map(|workout| workout.day()).collect();
    let back = |day: i64| (0..).take_while(|back| days.contains(&(day - back))).count() as u32;
    let mut picture = Picture {
        workouts: workouts.len() as u64,
        distance_m: workouts.iter().map(|workout| workout.distance_m).sum::<u64>() as f64,
        calories_kcal: workouts.iter().map(|workout| workout.calories_kcal).sum::<u64>() as f64,
        last_workout: workouts.iter().map(|workout| workout.started).max().unwrap_or_default(),
        current_streak: days.last().map_or(0, |day| back(*day)),
        best_streak: days.iter().map(|day| back(*day)).max().unwrap_or_default(),
        unlocked: BTreeSet::new(),
    };
    let rules = [
        ("first-workout", picture.workouts >= 1),
        ("workouts-10", picture.workouts >= 10),
        ("streak-7", picture.best_streak >= 7),
        ("distance-100k", picture.distance_m >= 100_000.0),
        ("calories-10000", picture.calories_kcal >= 10_000.0),
    ];
    picture.unlocked = rules.into_iter().filter(|(_, reached)| *reached).map(|(rule, _)| rule.to_owned()).collect();
    picture
}

async fn look(shop: &Shop, user: usize) -> Picture {
    let user_id = format!("user-{user}");
    let (mut workouts, mut achievements) = (shop.clients.workouts.clone(), shop.clients.achievements.clone());
    let totals = workouts.get_user_totals(GetUserTotalsRequest { user_id: user_id.clone() }).await.expect("totals").into_inner();
    let totals = totals.totals.expect("totals");
    let streak = achievements.get_streak(GetStreakRequest { user_id: user_id.clone() }).await.expect("a streak").into_inner();
    let streak = streak.streak.expect("a streak");
    let unlocked = achievements.list_unlocked(ListUnlockedRequest { user_id, page_size: 100, page_token: String::new() }).await;
    Picture {
        workouts: totals.total_workouts,
        distance_m: totals.total_distance_m,
        calories_kcal: totals.total_calories_kcal,
        last_workout: totals.last_workout_at.unwrap_or_default().seconds,
        current_streak: streak.current,
        best_streak: streak.best,
        unlocked: unlocked.expect("unlocked").into_inner().unlocked.into_iter().map(|unlock| unlock.achievement_id).collect(),
    }
}

/// Publishes all of them, each acknowledged by its stream.
async fn publish(context: &Context, messages: Vec<(String, String)>) {
    let acknowledged = stream::iter(messages).map(|(subject, body)| async move {
        let ack = context.publish(subject, body.into()).await.expect("a connection");
        ack.await.expect("stored")
    });
    acknowledged.buffer_unordered(AT_ONCE).for_each(|_| std::future::ready(())).await;
}

/// How many messages a stream holds, once everybody who reads it durably has read it all.
async fn read_to_the_end(context: &Context, name: &str) -> Option<u64> {
    let mut stream = context.get_stream(name).await.expect("a stream");
    let held = stream.info().await.expect("a state").state.messages;
    let readers: Vec<jetstream::consumer::Info> = stream.consumers().try_collect().await.expect("readers");
    readers.iter().all(|reader| reader.num_pending == 0 && reader.num_ack_pending == 0).then_some(held)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_workouts_by_hand_are_what_the_list_says() {
    let shop = Shop::open().await;
    let mut rng = Rng::with_seed(6);
    let workouts: Vec<Workout> = (0..WORKOUTS).map(|number| Workout::random(number, &mut rng)).collect();
    let mut messages: Vec<_> = workouts.iter().map(Workout::message).collect();
    messages.extend((0..REPEATS).map(|_| workouts[rng.usize(..WORKOUTS)].message()));
    rng.shuffle(&mut messages);
    let client = async_nats::connect(shop.system.nats().url()).await.expect("a client");
    let context = jetstream::new(client);
    let begun = Instant::now();
    publish(&context, messages).await;

    // What was completed is announced once, and processed once.
    let within = Duration::from_secs(150);
    eventually(within, || async { read_to_the_end(&context, "INGEST").await }).await;
    eventually(within, || async { read_to_the_end(&context, "EVENTS_WORKOUT").await.filter(|held| *held >= 2 * WORKOUTS as u64) }).await;
    println!("{WORKOUTS} workouts of {USERS} users, published, counted and judged: {:.1} s", begun.elapsed().as_secs_f64());

    let mut of_user: BTreeMap<usize, Vec<&Workout>> = BTreeMap::new();
    for workout in &workouts {
        of_user.entry(workout.user).or_default().push(workout);
    }
    assert_eq!(of_user.len(), USERS);
    let shop = &shop;
    let found = stream::iter(0..USERS).map(|user| async move { (user, look(shop, user).await) }).buffer_unordered(16);
    let found: BTreeMap<usize, Picture> = found.collect().await;
    let mut unlocked = BTreeMap::new();
    for (user, picture) in &found {
        assert_eq!(*picture, on_paper(&of_user[user]), "user-{user}");
        for rule in &picture.unlocked {
            *unlocked.entry(rule.as_str()).or_insert(0) += 1;
        }
    }
    // The list is one that tells right from wrong: for each of these some have it and some do not.
    for rule in ["workouts-10", "streak-7", "distance-100k", "calories-10000"] {
        assert!((1..USERS).contains(&unlocked[rule]), "{rule}: {unlocked:?}");
    }
    assert_eq!(read_to_the_end(&context, "EVENTS_WORKOUT").await, Some(2 * WORKOUTS as u64), "nothing was told twice");
}
