//! What must be done for an achievement.

use super::{Counts, Measure};

/// Parts of a combination at most; the contract says the same.
pub const PARTS: usize = 20;

/// So much of a measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    pub measure: Measure,
    /// In the measure's unit, above 0.
    pub target: f64,
}

impl Need {
    fn is_met(&self, counts: &Counts) -> bool {
        counts.of(self.measure) >= self.target
    }
}

/// One need, or all of several.
#[derive(Clone, Debug, PartialEq)]
pub enum Needs {
    One(Need),
    All(Vec<Need>),
}

/// A rule; its id is the achievement's.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: String,
    pub name: String,
    pub icon: String,
    pub needs: Needs,
}

/// Why a rule is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("must be more than 0")]
    NoTarget,
    #[error("must have 1 to {PARTS} parts")]
    NoParts,
}

impl Need {
    /// So much of a measure; a target of nothing is reached by nobody's doing.
    pub fn new(measure: Measure, target: f64) -> Result<Self, Fault> {
        if target.is_finite() && target > 0.0 { Ok(Self { measure, target }) } else { Err(Fault::NoTarget) }
    }
}

impl Needs {
    /// All of these.
    pub fn all(parts: Vec<Need>) -> Result<Self, Fault> {
        if (1..=PARTS).contains(&parts.len()) { Ok(Self::All(parts)) } else { Err(Fault::NoParts) }
    }

    /// In the measure's unit; of a combination how many parts it has.
    pub fn target(&self) -> f64 {
        match self {
            Self::One(need) => need.target,
            Self::All(parts) => parts.len() as f64,
        }
    }

    /// In the measure's unit; of a combination how many parts are met.
    pub fn current(&self, counts: &Counts) -> f64 {
        match self {
            Self::One(need) => counts.of(need.measure),
            Self::All(parts) => parts.iter().filter(|need| need.is_met(counts)).count() as f64,
        }
    }
}
