//! One statement for many rows, in the same text for both databases.

use std::fmt::Write as _;

use crate::StoreError;
use crate::value::{Params, Row};
use crate::work::Work;

/// Rows a statement: a few sizes, so that a few prepared statements serve every batch.
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];

impl Work {
    /// Runs `sql` over many rows, some hundreds a statement, and answers what they return, statement by statement. `{rows}` in it stands for
    /// the rows, each written as `row`; there `?1` is the row's first value, and `$1` is the first of `fixed`, the same for all.
    ///
    /// Rows of one statement don't see each other: what counts them has to be a value.
    pub async fn over_rows(&mut self, sql: &str, row: &str, fixed: Params, mut rows: Vec<Params>) -> Result<Vec<Row>, StoreError> {
        let mut answer = Vec::new();
        while !rows.is_empty() {
            let size = CHUNKS.into_iter().find(|size| *size <= rows.len()).unwrap_or(1);
            let behind = rows.split_off(size);
            let columns = rows.first().map_or(0, Vec::len);
            let text = sql.replace("{rows}", &written(row, size, fixed.len(), columns));
            let params = fixed.iter().cloned().chain(rows.into_iter().flatten()).collect();
            answer.extend(self.rows(&text, params).await?);
            rows = behind;
        }
        Ok(answer)
    }
}

/// `(?1, $1)` for two rows behind one fixed value: `($2, $1), ($3, $1)`.
fn written(row: &str, rows: usize, fixed: usize, columns: usize) -> String {
    let mut sql = String::with_capacity(rows * (row.len() + 8 * columns));
    for at in 0..rows {
        if at > 0 {
            sql.push_str(", ");
        }
        let mut rest = row;
        while let Some((before, behind)) = rest.split_once('?') {
            let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
            let column: usize = behind[..digits].parse().unwrap_or(1);
            // Writing to a String can't fail.
            let _ = write!(sql, "{before}${}", fixed + at * columns + column);
            rest = &behind[digits..];
        }
        sql.push_str(rest);
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn each_row_has_values_of_its_own_and_shares_the_fixed_ones() {
        assert_eq!(written("(?1, ?2, $1)", 2, 1, 2), "($2, $3, $1), ($4, $5, $1)");
        assert_eq!(written("(?1)", 3, 0, 1), "($1), ($2), ($3)");
        assert_eq!(written("(?2, COALESCE(?1, $2), ?2)", 1, 2, 2), "($4, COALESCE($3, $2), $4)");
    }
}
