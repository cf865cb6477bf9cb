//! What is done to a saga, and what must come of it.

use std::fmt;

use saga::{Plan, State};

/// The reason given by every cancellation.
pub const CUSTOMER_REQUEST: &str = "customer_request";

/// One way in which a saga can go, with the injections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// How far it comes.
    pub course: Course,
    /// The first undo of this step fails; the next one, after the retry, succeeds.
    pub undo_fails: Option<&'static str>,
    /// All messages of this step come twice, and once more when all is over.
    pub repeated: Option<&'static str>,
}

/// How far a saga comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// To its end.
    Completes,
    /// To its end, and is cancelled then.
    CancelledWhenComplete,
    /// The step is refused.
    Refused(&'static str),
    /// The step's command gets lost on the way and comes only after its undo.
    CommandLate(&'static str),
    /// The step is done, but nobody hears of it before the time is up.
    AnswerLate(&'static str),
    /// The saga is cancelled while the step is being done.
    CancelledDuring(&'static str),
}

/// All scenarios of a plan. Steps without an undo never get late or cancelled: nothing could be promised then.
pub fn scenarios(plan: &Plan) -> Vec<Scenario> {
    let mut courses = vec![Course::Completes, Course::CancelledWhenComplete];
    for step in &plan.steps {
        courses.push(Course::Refused(step.name));
        if step.undoable {
            courses.extend([Course::CommandLate(step.name), Course::AnswerLate(step.name), Course::CancelledDuring(step.name)]);
        }
    }
    let mut all = Vec::new();
    for course in courses {
        let plain = Scenario { course, undo_fails: None, repeated: None };
        let undone = plain.to_undo(plan).into_iter().map(Some);
        for undo_fails in std::iter::once(None).chain(undone) {
            let reached = plan.steps.iter().take(plain.stops_at(plan).map_or(plan.steps.len(), |at| at + 1));
            for repeated in std::iter::once(None).chain(reached.map(|step| Some(step.name))) {
                all.push(Scenario { undo_fails, repeated, ..plain });
            }
        }
    }
    all
}

impl Scenario {
    /// How many injections there are at once; 0 to 3.
    pub fn injections(&self) -> usize {
        usize::from(self.course != Course::Completes) + usize::from(self.undo_fails.is_some()) + usize::from(self.repeated.is_some())
    }

    /// The states in which it must come to an end, one after the other.
    pub fn ends(&self) -> Vec<State> {
        let mut ends = Vec::new();
        if matches!(self.course, Course::Completes | Course::CancelledWhenComplete) {
            ends.push(State::Completed);
        }
        if self.undo_fails.is_some() {
            ends.push(State::CompensationFailed);
        }
        if self.course != Course::Completes {
            ends.push(State::Compensated);
        }
        ends
    }

    /// The steps that must be undone, in the order in which it must happen.
    pub fn to_undo(&self, plan: &Plan) -> Vec<&'static str> {
        let may_have_happened = match self.course {
            Course::Completes => 0,
            Course::CancelledWhenComplete => plan.steps.len(),
            Course::Refused(_) => self.stops_at(plan).unwrap_or(0),
            _ => self.stops_at(plan).map_or(0, |at| at + 1),
        };
        plan.steps[..may_have_happened].iter().rev().filter(|step| step.undoable).map(|step| step.name).collect()
    }

    /// The steps that must be in effect when all is over.
    pub fn in_effect(&self, plan: &Plan) -> Vec<&'static str> {
        let done = self.stops_at(plan).unwrap_or(plan.steps.len());
        let undone = self.to_undo(plan);
        plan.steps[..done].iter().map(|step| step.name).filter(|name| !undone.contains(name)).collect()
    }

    /// Where it turns back, if it does so on the way.
    pub(super) fn stops_at(&self, plan: &Plan) -> Option<usize> {
        let at = self.course.step()?;
        plan.steps.iter().position(|step| step.name == at)
    }
}

impl Course {
    /// The step at which it turns back, if it does so on the way.
    pub fn step(&self) -> Option<&'static str> {
        match self {
            Self::Completes | Self::CancelledWhenComplete => None,
            Self::Refused(step) | Self::CommandLate(step) | Self::AnswerLate(step) | Self::CancelledDuring(step) => Some(step),
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.course)?;
        if let Some(step) = self.undo_fails {
            write!(f, ", undo of {step} fails")?;
        }
        if let Some(step) = self.repeated {
            write!(f, ", {step} repeated")?;
        }
        Ok(())
    }
}
