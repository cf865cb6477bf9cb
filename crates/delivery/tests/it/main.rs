//! The promise of delivery, with a real broker and real stores.

mod by_hand;
mod dead_letters;
mod desk;
mod flowing;
mod foreign_streams;
mod forgetting;
mod fuzzing;
mod intents;
mod killed;
mod losses;
mod modes;
mod named_bugs;
mod parking;
mod rig;
mod sharing;
mod strange;
mod timers;
mod watching;
