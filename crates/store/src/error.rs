//! What can go wrong in a store, told apart by what the caller does about it.

/// A store's failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, is locked, or has no room: nothing was written, or it is not known whether it was.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// Somebody else changed the same thing first: read again and decide again.
    #[error("changed by someone else meanwhile: {0}")]
    Conflict(String),
    /// Another reader has moved this consumer's position: stop and start again from what is stored.
    #[error("position of {0} was moved by another reader")]
    Fenced(String),
    /// The database does not accept this: a fault in the program or its migrations.
    #[error("store refused: {0}")]
    Refused(String),
}

impl StoreError {
    /// Whether the same work may succeed at once when it is done again from the start.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            let code = database.code().unwrap_or_default();
            let text = database.message().to_owned();
            let sqlite = code.parse().is_ok_and(is_everyone_s);
            if database.is_unique_violation() || matches!(code.as_ref(), "40001" | "40P01") {
                return Self::Conflict(text);
            }
            return match (sqlite, code.get(..2)) {
                (true, _) if code.len() < 5 => Self::Unavailable(text),
                // Postgres: idle in a transaction for too long, a standby, a lock time-out.
                (_, Some(_)) if matches!(code.as_ref(), "25P03" | "25006" | "55P03") => Self::Unavailable(text),
                // Postgres: connection, resources, operator intervention, system error.
                (_, Some("08" | "53" | "57" | "58")) if code.len() == 5 => Self::Unavailable(text),
                _ => Self::Refused(text),
            };
        }
        match error {
            sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. } => Self::Refused(error.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, text) => {
                let text = text.clone().unwrap_or_else(|| failure.to_string());
                match failure.extended_code {
                    // Primary key, unique index, rowid.
                    1555 | 2067 | 2579 => Self::Conflict(text),
                    code if is_everyone_s(i64::from(code)) => Self::Unavailable(text),
                    _ => Self::Refused(text),
                }
            }
            other => Self::Refused(other.to_string()),
        }
    }
}

/// Whether SQLite's error hits everyone, so that no message is to blame.
fn is_everyone_s(code: i64) -> bool {
    // 5 busy, 6 locked, 7 no memory, 8 read-only, 10 I/O, 11 corrupt, 13 full, 14 cannot open, 15 WAL locking, 26 not a database; extended
    // codes carry these in the low byte.
    matches!(code & 0xff, 5..=8 | 10 | 11 | 13..=15 | 26)
}

impl From<StoreError> for messaging::Failure {
    /// Database trouble hits everyone and counts as nobody's attempt; the rest is tried again.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(error) => Self::Unavailable { error },
            other => Self::retry(other),
        }
    }
}
