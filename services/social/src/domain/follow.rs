//! Who may follow whom.

/// How many somebody may follow. It bounds a feed: it is put together from theirs when it is read.
pub const MOST_FOLLOWED: u64 = 1_000;

/// Why somebody may not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Nobody follows themselves.
    Oneself,
    /// They follow [`MOST_FOLLOWED`] already.
    TooMany,
}

/// Whether `user` may follow one more, `target`, while following so many `others`.
pub fn may_follow(user: &str, target: &str, others: u64) -> Result<(), Rejection> {
    if user == target {
        return Err(Rejection::Oneself);
    }
    if others >= MOST_FOLLOWED { Err(Rejection::TooMany) } else { Ok(()) }
}
