//! The infrastructure around services, through real servers on the loopback.

mod beacon;
mod calls;
mod config;
mod flushing;
mod http_port;
mod pages;
mod probe;
mod refusals;
mod sections;
mod stopping;
mod surface;
mod traces;
