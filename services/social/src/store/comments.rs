//! The `comments` table.

use store::{Row, Store, StoreError, Work, params};

use crate::domain::Target;

/// What somebody said about something.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) comment_id: String,
    pub(crate) user_id: String,
    pub(crate) target: Target,
    pub(crate) text: String,
    /// Microseconds since 1970 UTC.
    pub(crate) at_us: i64,
}

pub(crate) async fn add(work: &mut Work, comment: &Comment) -> Result<(), StoreError> {
    let sql = "INSERT INTO comments (comment_id, user_id, kind, target_id, owner_id, text, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let Comment { comment_id, user_id, target, text, at_us } = comment;
    let params = params![comment_id, user_id, target.kind.as_str(), &target.id, &target.owner_id, text, *at_us];
    work.execute(sql, params).await.map(|_| ())
}

/// At most `limit` about a target, oldest first, after one of this time and id.
pub(crate) async fn about(store: &Store, target: &Target, after: (i64, &str), limit: usize) -> Result<Vec<Comment>, StoreError> {
    let sql = "SELECT comment_id, user_id, kind, target_id, owner_id, text, at_us FROM comments WHERE kind = $1 AND target_id = $2 \
               AND owner_id = $3 AND (at_us, comment_id) > ($4, $5) ORDER BY at_us, comment_id LIMIT $6";
    let params = params![target.kind.as_str(), &target.id, &target.owner_id, after.0, after.1, limit as u64];
    store.rows(sql, params).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Comment, StoreError> {
    Ok(Comment {
        comment_id: row.get("comment_id")?,
        user_id: row.get("user_id")?,
        target: super::target(row)?,
        text: row.get("text")?,
        at_us: row.get("at_us")?,
    })
}
