//! Workouts through the front door: calls, files, and events by hand, over a real broker and on both databases.

mod by_hand;
mod calls;
mod club;
mod fit;
mod many;
mod recordings;
mod settings;
mod uploads;
