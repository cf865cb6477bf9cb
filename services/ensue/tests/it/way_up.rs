//! The way up: what the binary of an older commit left on disk and in the broker, in the middle of its work, goes on under this one.
//!
//! Nothing here depends on today's date. The broker's streams keep a week; however little of them is left, the stores have it.

mod picture;
mod stores;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use acceptance::LeftBehind;
use futures::TryStreamExt;
use serde_json::{Value, json};
use testkit::{Database, NatsServer, eventually};

use crate::shop::setup;
use picture::Picture;
use stores::{Numbers, Stores};

testkit::on_both_databases! { what_an_older_binary_left_in_the_middle_goes_on_and_nothing_happens_twice }

/// For the last answers to be told to everybody.
const SETTLED: Duration = Duration::from_secs(30);
/// Of a list of what is wrong.
const NONE: [&str; 0] = [];

async fn what_an_older_binary_left_in_the_middle_goes_on_and_nothing_happens_twice(database: Database) {
    let (left, setup) = match &database {
        Database::Sqlite => (LeftBehind::on("sqlite"), setup()),
        Database::Postgres(database) => {
            let left = LeftBehind::on("postgres");
            left.restore_into(&database.url());
            (left, setup().set("store.backend", "postgres").set("store.postgres_url", database.url()))
        }
    };
    let (contents, follow_ons) = (left.contents().clone(), left.follow_ons());
    let (nats, folder) = left.ground().await;
    let stores = match &database {
        Database::Sqlite => Stores::Sqlite(folder.path().join("data")),
        Database::Postgres(database) => Stores::Postgres(database.url()),
    };
    let before = Picture::of(&stores).await;
    assert_eq!(json!(before.heads_by_stream()), contents["heads"], "contents.json is of another fixture");
    assert_eq!(json!(before.dead()), contents["dead_letters"], "contents.json is of another fixture");

    let mut system = setup.on(nats, folder).start().await;
    let said = system.run(["check", "--allow-dead", "--settle", "120s"]).await.good();
    assert!(said.contains(&format!("everything agrees: {} orders", contents["orders"])), "{said}");
    let after = settled(&stores).await;

    // Every order ended, and those that had ended before stayed as they were.
    assert_eq!(json!(after.ended.len()), contents["orders"]);
    assert_eq!(before.ended.keys().filter(|order| !after.ended.contains_key(*order)).collect::<Vec<_>>(), NONE);
    // Nobody began anew under another name: positions and heads are where they were, or further.
    assert_eq!(fell_back(&before.positions, &after.positions), NONE);
    assert_eq!(fell_back(&before.heads, &after.heads), NONE);
    assert_eq!(lost_durables(system.nats(), &contents["durables"]).await, NONE);
    // Nothing happened twice, and what happened has the ids that it got when the older binary went on from there itself.
    assert_eq!(other_than(1, &after.events), NONE, "events that are there twice");
    assert_eq!(other_than(0, &after.gaps), NONE, "keys whose versions have a gap");
    let logged = after.logged();
    assert_eq!(follow_ons.iter().filter(|id| !logged.contains(id.as_str())).collect::<Vec<_>>(), NONE, "follow-ons with other ids");
    assert_eq!(sent_again(&before.sent, &system.data().join("mail")), NONE);
    // What was dead is dead, with what waits behind it, and nothing else is.
    assert_eq!(after.dead(), before.dead());
    assert_eq!(after.parked, before.behind_dead);

    // And can be mended: the letter is handled again, and what waited behind it.
    system.run(["dead", "redrive", "--type", "workout.completed"]).await.good();
    eventually(SETTLED, || async { Some(Picture::of(&stores).await).filter(|now| now.parked.is_empty()) }).await;
    settled(&stores).await;
    assert_eq!(system.stop().await, Some(0));
}

/// Once nothing is to come any more; says what is, when it does not come.
async fn settled(stores: &Stores) -> Picture {
    let deadline = Instant::now() + SETTLED;
    let now = eventually(SETTLED * 2, || async {
        Some(Picture::of(stores).await).filter(|now| now.unrest().is_empty() || Instant::now() > deadline)
    });
    let now = now.await;
    assert_eq!(now.unrest(), NONE);
    now
}

/// What is lower than it was, or gone.
fn fell_back(before: &Numbers, after: &Numbers) -> Vec<String> {
    let now = |place: &String| after.get(place).copied().unwrap_or_default();
    before.iter().filter(|(place, was)| now(place) < **was).map(|(place, was)| format!("{place}: {was} -> {}", now(place))).collect()
}

fn other_than(number: i64, numbers: &Numbers) -> Vec<&String> {
    numbers.iter().filter(|(_, is)| **is != number).map(|(what, _)| what).collect()
}

/// Mails that had left before, and are there again. The mails themselves are no part of the fixture.
fn sent_again(before: &Numbers, mails: &Path) -> Vec<String> {
    let files = std::fs::read_dir(mails).expect("mails").map(|file| file.expect("a mail").path());
    let ids = files.map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned());
    ids.filter(|id| before.contains_key(id)).collect()
}

/// Durables that are no longer there under their names.
async fn lost_durables(nats: &NatsServer, before: &Value) -> Vec<String> {
    let broker = async_nats::jetstream::new(async_nats::connect(nats.url()).await.expect("a client"));
    let mut lost = Vec::new();
    for (stream, names) in before.as_object().expect("streams") {
        let there: BTreeSet<String> =
            broker.get_stream(stream).await.expect("a stream").consumer_names().try_collect().await.expect("names");
        let names = names.as_array().expect("names").iter().filter_map(Value::as_str);
        lost.extend(names.filter(|name| !there.contains(*name)).map(|name| format!("{stream} {name}")));
    }
    lost
}
