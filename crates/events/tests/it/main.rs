//! The history of everything, through the front door: a real broker, both databases.

mod conversations;
mod dead_letters;
mod history;
mod house;
mod publishing;
mod redriving;
mod strangers;
mod tailing;
