//! Facts about the binary: a real process, a real broker, calls from outside.

mod achieving;
mod answers;
mod apart;
mod checking;
mod compensating;
mod fitness;
mod importing;
mod operating;
mod patience;
mod paying;
mod protocol;
mod refusing;
mod shop;
mod starting;
mod tables;
mod touring;
mod tracing;
mod way_up;
