//! What goals make of workouts.

mod count;
mod discount;

pub(crate) use count::Count;
pub(crate) use discount::Discount;
