//! Which returns are back on the shelf.

use store::{StoreError, Work, params};

/// Notes a return; `false` = it was noted before.
pub(crate) async fn add(work: &mut Work, order_id: &str, return_id: &str) -> Result<bool, StoreError> {
    let sql = "INSERT INTO returns (order_id, return_id, at_us) VALUES ($1, $2, $3) ON CONFLICT (order_id, return_id) DO NOTHING";
    let now = work.now_us();
    Ok(work.execute(sql, params![order_id, return_id, now]).await? > 0)
}
