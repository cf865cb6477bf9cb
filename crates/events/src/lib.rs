#![doc = include_str!("../README.md")]

mod commands;
mod consumers;
mod domain;
mod grpc;
mod outside;
mod queries;
mod store;

use std::sync::Arc;

use ::store::Migration;
use catalogue::Catalogue;
use delivery::Consumer;
use service_host::Service;
use service_host::config::Config;
use tokio::sync::Notify;

const MIGRATIONS: [Migration; 1] = [Migration { version: 1, name: "log", sql: include_str!("../migrations/0001_log.sql") }];

/// The whole service at a glance.
pub fn service(_config: &Config) -> Service {
    let (tail, feed) = queries::tail_events::channel();
    let accepted = Arc::new(Notify::new());
    let published = accepted.clone();
    Service::new("events")
        .migrations(&MIGRATIONS)
        .consumer_from(|context| Consumer::new("log").on_every(logged_streams(&context.catalogue), consumers::Log).keeping_foreign())
        .grpc(move |context| grpc::server(context, tail, accepted))
        .task(move |context, stop| feed.run(context.store, context.catalogue, stop))
        .task(move |context, stop| outside::doors::publish(context, published, stop))
        .task(outside::streams::keep)
}

/// The streams of all events and all commands.
fn logged_streams(catalogue: &Catalogue) -> impl Iterator<Item = String> + use<> {
    let streams = messaging::streams(catalogue.domains(), catalogue.services());
    streams.into_iter().filter(|stream| stream.stored_as.is_some()).map(|stream| stream.name)
}
