//! What can be followed, liked or commented.

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody.
    User,
    /// Somebody's workout.
    Workout,
    /// An achievement that somebody unlocked.
    Achievement,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::Workout, Self::Achievement];

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Workout => "workout",
            Self::Achievement => "achievement",
        }
    }
}

/// Something of somebody: kind, id and owner together say which. Two people's `first-5k` are two targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Whose it is; a user's own id.
    pub owner_id: String,
}

/// What is wrong with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: &'static str,
    /// What it should be.
    pub description: &'static str,
}

impl Target {
    /// A user.
    pub fn user(id: &str) -> Self {
        Self { kind: Kind::User, id: id.to_owned(), owner_id: id.to_owned() }
    }

    /// A user's workout.
    pub fn workout(id: &str, owner_id: &str) -> Self {
        Self { kind: Kind::Workout, id: id.to_owned(), owner_id: owner_id.to_owned() }
    }

    /// An achievement that a user unlocked.
    pub fn achievement(id: &str, owner_id: &str) -> Self {
        Self { kind: Kind::Achievement, id: id.to_owned(), owner_id: owner_id.to_owned() }
    }

    /// A target as somebody names it: a user is their own, everything else says whose it is.
    pub fn named(kind: Kind, id: String, owner_id: String) -> Result<Self, Fault> {
        match (kind, owner_id.is_empty() || owner_id == id) {
            (Kind::User, true) => Ok(Self::user(&id)),
            (Kind::User, false) => Err(Fault { field: "owner_id", description: "must be empty or the same as id for a user" }),
            _ if owner_id.is_empty() => Err(Fault { field: "owner_id", description: "must say whose it is" }),
            _ => Ok(Self { kind, id, owner_id }),
        }
    }
}
