//! What users do with their goals, one verb a file.

mod abandon_goal;
mod set_goal;

pub(crate) use abandon_goal::abandon_goal;
pub(crate) use set_goal::set_goal;
