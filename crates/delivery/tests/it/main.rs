//! The promise of delivery, with a real broker and real stores.

mod by_hand;
mod dead_letters;
mod flowing;
mod intents;
mod killed;
mod losses;
mod parking;
mod rig;
mod sharing;
mod strange;
