//! The few types that both databases share, as parameters and as columns: text, 64-bit integers, floats and bytes.

use std::sync::Arc;

use rusqlite::types::{FromSql, Value as Stored, ValueRef};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, Row as _};

use crate::StoreError;

/// A statement's parameter. `None` is NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// TEXT
    Text(Option<String>),
    /// BIGINT
    Int(Option<i64>),
    /// DOUBLE PRECISION
    Real(Option<f64>),
    /// BLOB / BYTEA
    Bytes(Option<Vec<u8>>),
    /// TEXT[], for Postgres' UNNEST only
    Texts(Vec<String>),
    /// BIGINT[], for Postgres' UNNEST only
    Ints(Vec<i64>),
}

macro_rules! into_value {
    ($($from:ty => |$it:ident| $value:expr),* $(,)?) => {
        $(impl From<$from> for Value { fn from($it: $from) -> Self { $value } })*
    };
}

into_value! {
    &str => |it| Value::Text(Some(it.to_owned())),
    &String => |it| Value::Text(Some(it.clone())),
    String => |it| Value::Text(Some(it)),
    Option<String> => |it| Value::Text(it),
    Option<&str> => |it| Value::Text(it.map(str::to_owned)),
    i64 => |it| Value::Int(Some(it)),
    i32 => |it| Value::Int(Some(it.into())),
    u32 => |it| Value::Int(Some(it.into())),
    // Counts and positions; none of them reaches 2^63.
    u64 => |it| Value::Int(Some(it.cast_signed())),
    Option<i64> => |it| Value::Int(it),
    bool => |it| Value::Int(Some(it.into())),
    f64 => |it| Value::Real(Some(it)),
    Option<f64> => |it| Value::Real(it),
    &[u8] => |it| Value::Bytes(Some(it.to_vec())),
    Vec<u8> => |it| Value::Bytes(Some(it)),
    Option<Vec<u8>> => |it| Value::Bytes(it),
}

/// A statement's parameters, `$1` first.
pub type Params = Vec<Value>;

/// `params![order_id, 5_i64, None::<String>]`
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

pub(crate) fn encode_error(error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("parameter: {error}"))
}

pub(crate) fn for_postgres(params: Params) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    for value in params {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Int(int) => arguments.add(int),
            Value::Real(real) => arguments.add(real),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::Texts(texts) => arguments.add(texts),
            Value::Ints(ints) => arguments.add(ints),
        }
        .map_err(encode_error)?;
    }
    Ok(arguments)
}

/// A row of an answer.
pub enum Row {
    /// From SQLite: the columns' names and values.
    Sqlite(Arc<[String]>, Vec<Stored>),
    /// From Postgres.
    Postgres(PgRow),
}

impl Row {
    /// The column's value as `T`. Postgres sums are NUMERIC: write `CAST(SUM(x) AS BIGINT)`.
    pub fn get<T: FromColumn>(&self, column: &str) -> Result<T, StoreError> {
        T::from_column(self, column)
    }
}

/// What a column can be read as.
pub trait FromColumn: Sized {
    /// Reads the column of this name.
    fn from_column(row: &Row, column: &str) -> Result<Self, StoreError>;
}

fn stored<T: FromSql>(names: &[String], values: &[Stored], column: &str) -> Result<T, StoreError> {
    let wrong = |why: String| StoreError::Refused(format!("column {column}: {why}"));
    let at = names.iter().position(|name| name == column).ok_or_else(|| wrong("is not in the answer".to_owned()))?;
    T::column_result(ValueRef::from(&values[at])).map_err(|error| wrong(error.to_string()))
}

macro_rules! from_column {
    ($($type:ty),*) => {
        $(
            impl FromColumn for Option<$type> {
                fn from_column(row: &Row, column: &str) -> Result<Self, StoreError> {
                    Ok(match row {
                        Row::Sqlite(names, values) => stored(names, values, column)?,
                        Row::Postgres(row) => row.try_get(column)?,
                    })
                }
            }

            impl FromColumn for $type {
                fn from_column(row: &Row, column: &str) -> Result<Self, StoreError> {
                    // Asked for the bare type, SQLite answers NULL with "" or 0.
                    let value: Option<Self> = row.get(column)?;
                    value.ok_or_else(|| StoreError::Refused(format!("column {column} is NULL")))
                }
            }
        )*
    };
}

from_column!(String, i64, f64, Vec<u8>);

impl FromColumn for bool {
    fn from_column(row: &Row, column: &str) -> Result<Self, StoreError> {
        Ok(row.get::<i64>(column)? != 0)
    }
}

impl FromColumn for u64 {
    fn from_column(row: &Row, column: &str) -> Result<Self, StoreError> {
        Ok(row.get::<i64>(column)?.cast_unsigned())
    }
}

impl FromColumn for u32 {
    fn from_column(row: &Row, column: &str) -> Result<Self, StoreError> {
        u32::try_from(row.get::<i64>(column)?).map_err(|error| StoreError::Refused(format!("column {column}: {error}")))
    }
}
