//! One statement for many rows, in the same text for both databases.

use std::fmt::Write as _;

use crate::StoreError;
use crate::conn::Dialect;
use crate::value::{Params, Row, Value};
use crate::work::Work;

/// Rows a statement: a few sizes, so that a few prepared statements serve every batch.
const CHUNKS: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

impl Work {
    /// Runs `sql` over many rows, some hundreds a statement, and answers what they return, statement by statement. `{rows}` in it stands for
    /// the rows, each written as `row`; there `?1` is the row's first value, and `$1` is everywhere the first of `fixed`.
    ///
    /// Rows of one statement don't see each other: what counts them has to be a value.
    pub async fn over_rows(&mut self, sql: &str, row: &str, fixed: Params, rows: Vec<Params>) -> Result<Vec<Row>, StoreError> {
        let (head, tail) = sql.split_once("{rows}").unwrap_or((sql, ""));
        let (head, row, tail) = (pieces(head), pieces(row), pieces(tail));
        let mut answer = Vec::new();
        let mut rest = rows.into_iter();
        while rest.len() > 0 {
            let size = CHUNKS.into_iter().find(|size| *size <= rest.len()).unwrap_or(1);
            let mut statement = Statement::new(self.dialect(), &fixed);
            statement.write(&head, Params::new());
            for (at, values) in rest.by_ref().take(size).enumerate() {
                statement.text.push_str(if at == 0 { "" } else { ", " });
                statement.write(&row, values);
            }
            statement.write(&tail, Params::new());
            answer.extend(self.rows(&statement.text, statement.params).await?);
        }
        Ok(answer)
    }
}

/// Rows of arrays for Postgres, whose first is the parameter with this number; `types` are those of the elements.
///
/// Each comes through a subquery, so that the planner doesn't know how long it is. What it does know it plans for: few rows cost less than the ten
/// that a plan for every length assumes, and it would plan the statement anew for each of them.
pub(crate) fn unnest(first: usize, types: &[&str]) -> String {
    let arrays: Vec<String> = types.iter().enumerate().map(|(at, type_)| format!("(SELECT ${}::{type_}[])", first + at)).collect();
    format!("UNNEST({})", arrays.join(", "))
}

/// A part of a statement's text.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    /// `$1` is 0.
    Fixed(usize),
    /// `?1` is 0.
    Own(usize),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '?']) {
        let (before, sign) = rest.split_at(at);
        let digits = sign[1..].find(|c: char| !c.is_ascii_digit()).map_or(sign.len(), |end| end + 1);
        let number: usize = sign[1..digits].parse().unwrap_or(1);
        pieces.push(Piece::Text(before));
        pieces.push(if sign.starts_with('$') { Piece::Fixed(number - 1) } else { Piece::Own(number - 1) });
        rest = &sign[digits..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// A statement that is being written. Postgres has numbered parameters; for SQLite they are plain `?`, and a value that is used twice is given
/// twice: a numbered one has a name there, and binding it walks the list of all names (with thousands a fifth of the processor, measured).
struct Statement<'a> {
    dialect: Dialect,
    fixed: &'a Params,
    text: String,
    params: Params,
}

impl<'a> Statement<'a> {
    fn new(dialect: Dialect, fixed: &'a Params) -> Self {
        let params = if dialect == Dialect::Postgres { fixed.clone() } else { Params::new() };
        Self { dialect, fixed, text: String::new(), params }
    }

    fn write(&mut self, pieces: &[Piece<'_>], mut own: Params) {
        let before = self.params.len();
        for (index, piece) in pieces.iter().enumerate() {
            let number = match piece {
                Piece::Text(text) => {
                    self.text.push_str(text);
                    continue;
                }
                Piece::Fixed(at) => at + 1,
                Piece::Own(at) => before + at + 1,
            };
            match (self.dialect, piece) {
                // Writing to a String can't fail.
                (Dialect::Postgres, _) => drop(write!(self.text, "${number}")),
                (Dialect::Sqlite, Piece::Own(at)) => {
                    self.text.push('?');
                    let again = pieces[index + 1..].contains(piece);
                    self.params.push(if again { own[*at].clone() } else { std::mem::replace(&mut own[*at], Value::Int(None)) });
                }
                (Dialect::Sqlite, _) => {
                    self.text.push('?');
                    self.params.push(self.fixed[number - 1].clone());
                }
            }
        }
        if self.dialect == Dialect::Postgres {
            self.params.append(&mut own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    fn written(dialect: Dialect) -> (String, Params) {
        let fixed = params!["kind", 7];
        let mut statement = Statement::new(dialect, &fixed);
        statement.write(&pieces("VALUES "), Params::new());
        for values in [params!["a", 1], params!["b", 2]] {
            statement.write(&pieces("(?2, f(?1, $1), ?1)"), values);
        }
        statement.write(&pieces(" AT $2"), Params::new());
        (statement.text, statement.params)
    }

    #[test]
    fn postgres_gets_each_value_once() {
        let (text, given) = written(Dialect::Postgres);
        assert_eq!(text, "VALUES ($4, f($3, $1), $3)($6, f($5, $1), $5) AT $2");
        assert_eq!(given, params!["kind", 7, "a", 1, "b", 2]);
    }

    #[test]
    fn sqlite_gets_them_in_the_order_of_their_use() {
        let (text, given) = written(Dialect::Sqlite);
        assert_eq!(text, "VALUES (?, f(?, ?), ?)(?, f(?, ?), ?) AT ?");
        assert_eq!(given, params![1, "a", "kind", "a", 2, "b", "kind", "b", 7]);
    }
}
