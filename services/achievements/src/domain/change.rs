//! What an event changes for one user.

use super::Report;

/// Something that stands or does not, and counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    Goal,
    FollowGiven,
    FollowReceived,
    LikeGiven,
    LikeReceived,
}

impl Mark {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Goal, Self::FollowGiven, Self::FollowReceived, Self::LikeGiven, Self::LikeReceived];

    /// Its name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Goal => "goal",
            Self::FollowGiven => "follow_given",
            Self::FollowReceived => "follow_received",
            Self::LikeGiven => "like_given",
            Self::LikeReceived => "like_received",
        }
    }

    /// The mark of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.as_str() == name)
    }
}

/// A change for one user.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Something was said of a workout.
    Workout { id: String, report: Report },
    /// From now on it stands.
    Set { mark: Mark, item: String },
    /// From now on it does not.
    Unset { mark: Mark, item: String },
    /// Where the user lives: a zone of the IANA database.
    Zone(String),
}
