//! The suite passes what is right and catches what is wrong.

use std::time::Duration;

use saga::{Plan, Step};

use super::{Participant, Refusal, Tally, scenarios, under_injections};

fn plan() -> Plan {
    let wait = Duration::from_secs(30);
    let unbounded = Step { timeout: None, undo_timeout: None, ..Step::new("ship", wait, "") };
    Plan::new("order", wait * 20)
        .step(Step::new("reserve", wait, "reserve_timeout"))
        .step(Step::new("charge", wait, "payment_timeout"))
        .step(unbounded)
        .step(Step::local("confirm"))
}

/// Participants that are right but for one habit.
#[derive(Default)]
struct Careless {
    done: Vec<String>,
    undone: Vec<String>,
    counts_repeats: bool,
    keeps_no_tombstones: bool,
    forgets_to_undo: bool,
}

impl Participant for Careless {
    fn perform(&mut self, _: &str, step: &str) -> Result<(), Refusal> {
        let known = self.done.iter().any(|it| it == step);
        let buried = self.undone.iter().any(|it| it == step) && !self.keeps_no_tombstones;
        if buried {
            return Err(Refusal { reason: "undone".into(), error: String::new() });
        }
        if !known || self.counts_repeats {
            self.done.push(step.into());
        }
        Ok(())
    }

    fn undo(&mut self, _: &str, step: &str) -> Result<(), String> {
        self.undone.push(step.into());
        if !self.forgets_to_undo {
            self.done.retain(|it| it != step);
        }
        Ok(())
    }

    fn audit(&self, in_effect: &[&str]) {
        assert_eq!(self.done, in_effect, "steps in effect");
    }
}

#[test]
fn the_order_of_steps_passes_every_scenario() {
    assert_eq!(under_injections(&plan(), Tally::default), scenarios(&plan()).len());
    under_injections(&plan(), Careless::default);
}

#[test]
fn every_injection_is_tried_at_every_step_alone_and_together() {
    let all = scenarios(&plan());
    for step in ["reserve", "charge", "ship", "confirm"] {
        assert!(all.iter().any(|it| it.course.step() == Some(step) && it.injections() == 1), "{step} refused");
        assert!(all.iter().any(|it| it.repeated == Some(step) && it.injections() == 1), "{step} repeated");
        assert!(all.iter().any(|it| it.repeated == Some(step) && it.injections() == 3), "{step} repeated with the others");
        assert_eq!(all.iter().any(|it| it.undo_fails == Some(step)), step != "confirm", "undo of {step} fails");
    }
}

#[test]
#[should_panic(expected = "steps in effect")]
fn a_receiver_that_counts_repeats_is_caught() {
    under_injections(&plan(), || Careless { counts_repeats: true, ..Careless::default() });
}

#[test]
#[should_panic(expected = "steps in effect")]
fn a_receiver_without_tombstones_is_caught() {
    under_injections(&plan(), || Careless { keeps_no_tombstones: true, ..Careless::default() });
}

#[test]
#[should_panic(expected = "steps in effect")]
fn a_receiver_that_forgets_to_undo_is_caught() {
    under_injections(&plan(), || Careless { forgets_to_undo: true, ..Careless::default() });
}
