//! Lists to their last page.

use tonic::Status;

/// As many rows as a page may have.
pub const SIZE: i32 = 1_000;

/// Asks with each page's token until there is none left.
pub async fn all<T, F>(mut page: impl FnMut(String) -> F) -> Result<Vec<T>, Status>
where
    F: Future<Output = Result<(Vec<T>, String), Status>>,
{
    let (mut rows, mut token) = (Vec::new(), String::new());
    loop {
        let (more, next) = page(token).await?;
        rows.extend(more);
        if next.is_empty() {
            return Ok(rows);
        }
        token = next;
    }
}
