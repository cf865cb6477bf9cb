//! Every saga is run under its injections: a step fails, an undo fails, a step is repeated; at every step, and together.
//!
//! [`under_injections`] does it without a store or a broker, in milliseconds. For the same over the real thing implement [`World`] and give it
//! [`scenarios`] one by one through [`check`].

mod expectation;
mod scenario;
mod simulation;
mod tally;
#[cfg(test)]
mod tests;

use futures::FutureExt;
use saga::{Ledger, Plan};

pub use scenario::{CUSTOMER_REQUEST, Course, Scenario, scenarios};
pub use simulation::Simulation;
pub use tally::Tally;

/// Those who do the steps of a saga. Messages reach them repeatedly and out of order, and what they do must come out right all the same.
pub trait Participant {
    /// Does the step, once however often it is asked, and not at all after its undo.
    fn perform(&mut self, saga: &str, step: &str) -> Result<(), Refusal>;

    /// Undoes the step, once however often it is asked; before its do it leaves a tombstone. The error says why it cannot be undone now.
    fn undo(&mut self, saga: &str, step: &str) -> Result<(), String>;

    /// Panics unless exactly these steps of the one saga are in effect, each once.
    fn audit(&self, in_effect: &[&str]);
}

/// A business answer: the step did not happen and will not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For machines, e.g. `insufficient_funds`.
    pub reason: String,
    /// For people.
    pub error: String,
}

/// A place where one saga can be run: a simulation, or a service on its store and broker.
pub trait World {
    /// Runs a saga under the scenario until nothing is on its way any more. Answers the ledger as it stood at each end: one, another after a
    /// cancellation of what was completed, and another after a retry, which is due whenever the end is `CompensationFailed`.
    fn run(&mut self, scenario: &Scenario) -> impl Future<Output = Vec<Ledger>>;

    /// Panics unless exactly these steps are in effect, each once.
    fn audit(&mut self, in_effect: &[&str]) -> impl Future<Output = ()>;
}

/// Runs one scenario in a fresh world and panics, naming the scenario, if the saga ends otherwise than it must.
pub async fn check<W: World>(plan: &Plan, scenario: &Scenario, world: &mut W) {
    let ends = world.run(scenario).await;
    expectation::assert_ends(plan, scenario, &ends);
    world.audit(&scenario.in_effect(plan)).await;
}

/// Runs all scenarios of a plan, each with new participants (for a plan alone, [`Tally::default`] will do). Answers how many there were.
pub fn under_injections<P: Participant>(plan: &Plan, mut make_participant: impl FnMut() -> P) -> usize {
    assert_eq!(plan.validate(), Ok(()));
    let all = scenarios(plan);
    for scenario in &all {
        let mut world = Simulation::new(plan.clone(), make_participant());
        check(plan, scenario, &mut world).now_or_never().expect("a simulation never waits");
    }
    all.len()
}
