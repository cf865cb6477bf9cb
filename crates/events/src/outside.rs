//! What is not this service's: the broker's streams, the doors and the desks of the other services.

pub(crate) mod desks;
pub(crate) mod doors;
pub(crate) mod streams;
