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
            // SQLite: 5 busy, 6 locked, 10 I/O, 13 full, 14 cannot open (extended codes carry these in the low byte).
            let sqlite = code.parse::<i64>().map(|code| code & 0xff);
            if database.is_unique_violation() || matches!(code.as_ref(), "40001" | "40P01") {
                return Self::Conflict(text);
            }
            return match (sqlite, code.get(..2)) {
                (Ok(5 | 6 | 10 | 13 | 14), _) if code.len() < 5 => Self::Unavailable(text),
                // Postgres: connection, resources, operator intervention, system error.
                (_, Some("08" | "53" | "57" | "58")) if code.len() == 5 => Self::Unavailable(text),
                _ => Self::Refused(text),
            };
        }
        match error {
            sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_) => {
                Self::Refused(error.to_string())
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
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
