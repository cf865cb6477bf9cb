//! The catalogue's facts, in one binary.

mod faults;
mod merging;
mod written;
