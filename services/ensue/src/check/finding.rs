//! One comparison and what came of it.

/// What two sides say of the same thing. It agrees when there is no difference; the totals are for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was compared.
    pub what: &'static str,
    /// By the one side, in all.
    pub expected: String,
    /// By the other.
    pub found: String,
    /// One line each.
    pub differences: Vec<String>,
}

impl Finding {
    pub fn new(what: &'static str, expected: impl ToString, found: impl ToString, differences: Vec<String>) -> Self {
        Self { what, expected: expected.to_string(), found: found.to_string(), differences }
    }

    /// There is none of what should not be there; each of `there` is a difference.
    pub fn none(what: &'static str, there: Vec<String>) -> Self {
        Self::new(what, 0, there.len(), there)
    }

    pub fn agrees(&self) -> bool {
        self.differences.is_empty()
    }
}
