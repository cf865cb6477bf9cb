//! The `activities` table: what feeds are made of when they are read.

use messaging::Envelope;
use store::{Row, Store, StoreError, Value, Work, params};

use crate::domain::{Activity, Target};

/// Of each user the newest are kept: with the bound on whom one follows, that bounds what a feed is made of.
pub(crate) const KEPT: u64 = 200;

/// Left out of feeds, not deleted: then it does not matter who comes first, the deletion of a workout or a like of it.
const STILL_THERE: &str = "NOT EXISTS (SELECT 1 FROM deleted_workouts d WHERE a.kind = 'workout' AND d.workout_id = a.target_id \
                           AND d.owner_id = a.owner_id)";
/// Where a feed begins: behind every place, in every collation.
pub(crate) const FIRST: &str = "9";

/// Something in a feed.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Where it stands: the less, the older.
    pub(crate) place: String,
    pub(crate) event_id: String,
    pub(crate) type_: String,
    pub(crate) user_id: String,
    pub(crate) target: Target,
    pub(crate) text: String,
    /// Microseconds since 1970 UTC.
    pub(crate) at_us: i64,
}

/// Keeps what an event tells, unless it was told before, and lets the user's oldest go.
pub(crate) async fn add(work: &mut Work, event: &Envelope, activity: &Activity) -> Result<(), StoreError> {
    let sql = "INSERT INTO activities (user_id, about, event_id, type, kind, target_id, owner_id, text, at_us, place) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (user_id, about) DO NOTHING";
    let Activity { user_id, target: Target { kind, id, owner_id }, text, .. } = activity;
    let (about, place) = (activity.about(&event.id), format!("{:020}/{}", event.time_us, event.id));
    let params = params![user_id, about, &event.id, &event.type_, kind.as_str(), id, owner_id, text, event.time_us, place];
    if work.execute(sql, params).await? == 0 {
        return Ok(());
    }
    let sql = "DELETE FROM activities WHERE user_id = $1 AND place < \
               (SELECT place FROM activities WHERE user_id = $1 ORDER BY place DESC LIMIT 1 OFFSET $2)";
    work.execute(sql, params![user_id, KEPT - 1]).await.map(|_| ())
}

/// At most `limit` of what those did whom the user follows, newest first, before this place.
pub(crate) async fn feed(store: &Store, user_id: &str, before: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
    let users = nearest(store, user_id, before, limit).await?;
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<String> = (3..users.len() + 3).map(|number| format!("${number}")).collect();
    let sql = format!(
        "SELECT a.place, a.event_id, a.type, a.user_id, a.kind, a.target_id, a.owner_id, a.text, a.at_us FROM activities a \
         WHERE a.user_id IN ({}) AND a.place < $1 AND {STILL_THERE} ORDER BY a.place DESC LIMIT $2",
        numbers.join(", ")
    );
    let mut params = params![before, limit as u64];
    params.extend(users.into_iter().map(Value::from));
    store.rows(&sql, params).await?.iter().map(read).collect()
}

/// So many things are by so many people at most: those whose newest is newest. A look into the index for each; one statement over all
/// that they did made Postgres read what everybody did.
async fn nearest(store: &Store, user_id: &str, before: &str, limit: usize) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT user_id FROM (SELECT f.followed_id AS user_id, (SELECT a.place FROM activities a WHERE a.user_id = f.followed_id \
         AND a.place < $2 AND {STILL_THERE} ORDER BY a.place DESC LIMIT 1) AS newest FROM follows f WHERE f.user_id = $1) n \
         WHERE newest IS NOT NULL ORDER BY newest DESC LIMIT $3"
    );
    store.rows(&sql, params![user_id, before, limit as u64]).await?.iter().map(|row| row.get("user_id")).collect()
}

fn read(row: &Row) -> Result<Item, StoreError> {
    Ok(Item {
        place: row.get("place")?,
        event_id: row.get("event_id")?,
        type_: row.get("type")?,
        user_id: row.get("user_id")?,
        target: super::target(row)?,
        text: row.get("text")?,
        at_us: row.get("at_us")?,
    })
}
