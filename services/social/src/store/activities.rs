//! The `activities` table: what feeds are made of when they are read.

use messaging::Envelope;
use store::{Row, Store, StoreError, Work, params};

use crate::domain::{Activity, Target};

/// Of each user the newest are kept: with the bound on whom one follows, that bounds what a feed is made of.
pub(crate) const KEPT: u64 = 200;

/// Something in a feed.
#[derive(Clone, Debug)]
pub(crate) struct Item {
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
    let sql = "INSERT INTO activities (user_id, about, event_id, type, kind, target_id, owner_id, text, at_us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user_id, about) DO NOTHING";
    let Activity { user_id, target, text, .. } = activity;
    let about = activity.about(&event.id);
    let params = params![user_id, about, &event.id, &event.type_, target.kind.as_str(), &target.id, &target.owner_id, text, event.time_us];
    if work.execute(sql, params).await? == 0 {
        return Ok(());
    }
    let sql = "DELETE FROM activities WHERE user_id = $1 AND (at_us, event_id) < \
               (SELECT at_us, event_id FROM activities WHERE user_id = $1 ORDER BY at_us DESC, event_id DESC LIMIT 1 OFFSET $2)";
    work.execute(sql, params![user_id, KEPT - 1]).await.map(|_| ())
}

/// At most `limit` of what those did whom the user follows, newest first, before one of this time and id.
pub(crate) async fn feed(store: &Store, user_id: &str, before: (i64, &str), limit: usize) -> Result<Vec<Item>, StoreError> {
    // What is about a deleted workout is left out here, not deleted: then it does not matter who comes first, the deletion or a like.
    let sql = "SELECT a.event_id, a.type, a.user_id, a.kind, a.target_id, a.owner_id, a.text, a.at_us \
               FROM follows f JOIN activities a ON a.user_id = f.followed_id \
               WHERE f.user_id = $1 AND (a.at_us, a.event_id) < ($2, $3) AND NOT EXISTS (SELECT 1 FROM deleted_workouts d \
               WHERE a.kind = 'workout' AND d.workout_id = a.target_id AND d.owner_id = a.owner_id) \
               ORDER BY a.at_us DESC, a.event_id DESC LIMIT $4";
    store.rows(sql, params![user_id, before.0, before.1, limit as u64]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Item, StoreError> {
    Ok(Item {
        event_id: row.get("event_id")?,
        type_: row.get("type")?,
        user_id: row.get("user_id")?,
        target: super::target(row)?,
        text: row.get("text")?,
        at_us: row.get("at_us")?,
    })
}
