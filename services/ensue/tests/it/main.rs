//! Facts about the binary: a real process, a real broker, calls from outside.

mod answers;
mod apart;
mod checking;
mod compensating;
mod importing;
mod operating;
mod paying;
mod refusing;
mod shop;
mod starting;
mod tables;
mod touring;
mod tracing;
