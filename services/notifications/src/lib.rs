#![doc = include_str!("../README.md")]

mod commands;
pub mod config;
mod consumers;
pub mod domain;
mod grpc;
pub mod outside;
mod queries;
mod store;
pub mod templates;
mod wire;

use std::sync::Arc;

use catalogue::Kind;
use delivery::Consumer;
use messaging::stream_of;
use service_host::Service;
use service_host::config::Config;

use crate::commands::{Notify, Send};
use crate::config::{Mail, Sink, Transport};
use crate::consumers::{Forget, Learn, MAIL, Meet, Tell};
use crate::outside::{Deliver, Email, Push, Senders, Sms, Webhook};
use crate::templates::Templates;

pub use config::settings;

/// The service as it is configured; the process does not start with settings that cannot be used.
pub fn service(config: &Config) -> Service {
    match outside::configured(config) {
        Ok(senders) => service_with(config, &senders),
        Err(error) => Service::new("notifications").prepare(move |_| Err(error)),
    }
}

/// The service with ways out of your own.
pub fn service_with(config: &Config, senders: &Senders) -> Service {
    let templates = match Templates::load() {
        Ok(templates) => templates,
        Err(error) => return Service::new("notifications").prepare(move |_| Err(error)),
    };
    let webhook: config::Webhook = config.of();
    let notify = Arc::new(Notify { templates, webhook_url: webhook.url });
    let asked = notify.clone();
    let mail = config::policy(config.of::<Mail>().transport == Transport::File);
    let sink = config::policy(config.of::<Sink>().url.is_empty());
    let webhook = config::policy(webhook.secret.is_empty());
    Service::new("notifications")
        .migrations(store::MIGRATIONS)
        .grpc(move |context| grpc::server(context, asked))
        .command(Send(notify.clone())) // commands.notifications.send.<user>, also by hand
        .consumer_from(|context| {
            let events = context.catalogue.domains().into_iter().map(|domain| stream_of(Kind::Event, domain));
            Consumer::new(MAIL).on_every(events, Tell(notify, context.catalogue.clone()))
        }) // any event with a template, and notification.requested
        .consumer(Consumer::new("contacts").on(Meet).on(Learn).on(Forget)) // user.registered, .profile_updated, .deleted
        .intent_with(Deliver::<Email>::by(&senders.email), mail) // -> notification.sent, .failed
        .intent_with(Deliver::<Sms>::by(&senders.sms), sink.clone())
        .intent_with(Deliver::<Push>::by(&senders.push), sink)
        .intent_with(Deliver::<Webhook>::by(&senders.webhook), webhook)
}
