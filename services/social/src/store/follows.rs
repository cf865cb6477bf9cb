//! The `follows` table.

use service_host::page::Page;
use store::{Store, StoreError, Work, params};

/// Which end of a follow is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// Those who follow a user.
    Followers,
    /// Those whom a user follows.
    Followed,
}

/// Whether this is new.
pub(crate) async fn add(work: &mut Work, user_id: &str, followed_id: &str) -> Result<bool, StoreError> {
    let sql = "INSERT INTO follows (user_id, followed_id, since_us) VALUES ($1, $2, $3) ON CONFLICT (user_id, followed_id) DO NOTHING";
    let now = work.now_us();
    Ok(work.execute(sql, params![user_id, followed_id, now]).await? > 0)
}

/// Whether it was so before.
pub(crate) async fn remove(work: &mut Work, user_id: &str, followed_id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM follows WHERE user_id = $1 AND followed_id = $2";
    Ok(work.execute(sql, params![user_id, followed_id]).await? > 0)
}

/// How many others than `but` this user follows.
pub(crate) async fn count(work: &mut Work, user_id: &str, but: &str) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) AS others FROM follows WHERE user_id = $1 AND followed_id <> $2";
    let row = work.row(sql, params![user_id, but]).await?;
    let others = row.map_or(Ok(0), |row| row.get::<i64>("others"))?;
    Ok(others.unsigned_abs())
}

/// The users at one end, by id; one more than fits on the page where there are more.
pub(crate) async fn page(store: &Store, end: End, user_id: &str, page: &Page) -> Result<Vec<String>, StoreError> {
    let (asked, given) = match end {
        End::Followers => ("followed_id", "user_id"),
        End::Followed => ("user_id", "followed_id"),
    };
    let sql = format!("SELECT {given} AS id FROM follows WHERE {asked} = $1 AND {given} > $2 ORDER BY {given} LIMIT $3");
    let after = page.after.as_deref().unwrap_or_default();
    let rows = store.rows(&sql, params![user_id, after, page.limit as u64 + 1]).await?;
    rows.iter().map(|row| row.get("id")).collect()
}
