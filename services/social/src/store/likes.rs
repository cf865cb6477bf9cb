//! The `likes` table.

use store::{StoreError, Work, params};

use crate::domain::Target;

/// Whether this is new.
pub(crate) async fn add(work: &mut Work, user_id: &str, target: &Target) -> Result<bool, StoreError> {
    let sql = "INSERT INTO likes (user_id, kind, target_id, owner_id, at_us) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (kind, target_id, owner_id, user_id) DO NOTHING";
    let now = work.now_us();
    Ok(work.execute(sql, params![user_id, target.kind.as_str(), &target.id, &target.owner_id, now]).await? > 0)
}

/// How many like it.
pub(crate) async fn count(work: &mut Work, target: &Target) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) AS likes FROM likes WHERE kind = $1 AND target_id = $2 AND owner_id = $3";
    let row = work.row(sql, params![target.kind.as_str(), &target.id, &target.owner_id]).await?;
    let likes = row.map_or(Ok(0), |row| row.get::<i64>("likes"))?;
    Ok(likes.unsigned_abs())
}
