//! Facts about the servers that this crate starts. They need Postgres binaries and say so when there are none.

mod guarding;
mod postgres;
