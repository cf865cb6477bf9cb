//! The streams of the system. Every one is made before the process says that it is ready: what is published by hand a moment later finds its
//! stream, and announcements and `ALL_EVENTS` have nobody who would make theirs.

use std::collections::HashMap;

use catalogue::Catalogue;
use futures::future::try_join_all;
use messaging::{Broker, BrokerError, StreamSpec};

use crate::config::Config;

/// The streams of the system, those that only hold what others hold last.
pub fn of(config: &Config, catalogue: &Catalogue) -> Vec<StreamSpec> {
    let mut streams = messaging::streams(catalogue.domains(), catalogue.services());
    if config.nats.all_events {
        streams.push(StreamSpec::all_events(catalogue.domains()));
    }
    streams
}

/// Those that only hold what others hold come last: the others have to be there.
pub(crate) async fn declare(broker: &dyn Broker, streams: &HashMap<String, StreamSpec>) -> Result<(), BrokerError> {
    let (holding, sourcing): (Vec<_>, Vec<_>) = streams.values().partition(|spec| spec.sources.is_empty());
    try_join_all(holding.into_iter().map(|spec| broker.ensure(spec))).await?;
    try_join_all(sourcing.into_iter().map(|spec| broker.ensure(spec))).await?;
    Ok(())
}
