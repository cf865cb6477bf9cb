//! Facts about the saga engine, through its public interface.

mod compensating;
mod durable;
mod forward;
mod given;
mod persistence;
mod properties;
mod timing;
