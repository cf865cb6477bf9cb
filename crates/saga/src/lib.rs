#![doc = include_str!("../README.md")]

mod compensation;
pub mod durable;
mod engine;
mod input;
mod ledger;
mod plan;
mod timer;

pub use input::{Action, Input};
pub use ledger::{Ledger, State, StepRecord, StepState, UndoRecord};
pub use plan::{Plan, PlanError, Step};
pub use timer::{ParseTimerError, Timer};
