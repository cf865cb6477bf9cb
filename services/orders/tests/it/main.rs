//! Facts about orders and their saga, through the front door: a real broker, fresh databases, and participants that do as they are told.

mod cancelling;
mod compensating;
mod cost;
mod listing;
mod participants;
mod placing;
mod refusing;
mod returning;
mod shop;
mod status;
mod suite;
mod timing;
mod versions;
