//! The services, seen from outside: one connection, and calls that outlive a restart of the other side.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use contracts::events::v1::event_service_client::EventServiceClient;
use contracts::inventory::v1::inventory_service_client::InventoryServiceClient;
use contracts::notifications::v1::notification_service_client::NotificationServiceClient;
use contracts::orders::v1::order_service_client::OrderServiceClient;
use contracts::payments::v1::payment_service_client::PaymentServiceClient;
use contracts::shipping::v1::shipping_service_client::ShippingServiceClient;
use contracts::workouts::v1::workout_service_client::WorkoutServiceClient;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

use crate::registry;

/// Bytes of one answer: a page of a thousand orders with their ledgers.
const ANSWER: usize = 64 << 20;
/// The first wait before a call is tried again, and the longest.
const WAIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// What listens where a service is not named.
const ANY: &str = "";

/// Services that are there, or will be again. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Server {
    /// By service; [`ANY`] has the others.
    channels: HashMap<String, Channel>,
    patience: Duration,
}

macro_rules! client {
    ($name:ident, $client:ident) => {
        #[doc = concat!("A client of the ", stringify!($name), " service.")]
        pub fn $name(&self) -> $client<Channel> {
            $client::new(self.channel(stringify!($name))).max_decoding_message_size(ANSWER).max_encoding_message_size(ANSWER)
        }
    };
}

impl Server {
    /// The services at `http://host:port`, those that are apart at `service=http://host:port`; connects with the first call. Errors when that is no
    /// address, or nobody is said to have the rest.
    pub fn at(servers: &[String], patience: Duration) -> anyhow::Result<Self> {
        let mut channels = HashMap::new();
        for server in servers {
            let (service, url) = server.split_once('=').unwrap_or((ANY, server));
            ensure!(service == ANY || registry::names().contains(&service), "--server {server}: there is no service {service}");
            channels.insert(service.to_owned(), endpoint(url).with_context(|| format!("--server {server}"))?.connect_lazy());
        }
        ensure!(
            channels.contains_key(ANY) || registry::names().iter().all(|name| channels.contains_key(*name)),
            "--server: give one URL for the services that are not named"
        );
        Ok(Self { channels, patience })
    }

    fn channel(&self, service: &str) -> Channel {
        self.channels.get(service).unwrap_or_else(|| &self.channels[ANY]).clone()
    }

    client!(orders, OrderServiceClient);
    client!(inventory, InventoryServiceClient);
    client!(payments, PaymentServiceClient);
    client!(shipping, ShippingServiceClient);
    client!(notifications, NotificationServiceClient);
    client!(events, EventServiceClient);
    client!(workouts, WorkoutServiceClient);

    /// Calls until there is an answer that will not change by waiting, or patience is over. Only for what may be done twice: queries, and commands
    /// with a `request_id`.
    pub async fn call<T, F>(&self, call: impl Fn() -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let (started, mut wait) = (Instant::now(), WAIT.0);
        loop {
            match call().await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) if passing(&status) && started.elapsed() + wait < self.patience => {
                    tokio::time::sleep(wait.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
                    wait = (wait * 2).min(WAIT.1);
                }
                Err(status) => return Err(status),
            }
        }
    }
}

/// `ask!(server, orders.get_order(request))`: one call, tried again as [`Server::call`] says.
macro_rules! ask {
    ($server:expr, $service:ident.$method:ident($request:expr)) => {{
        let (server, request): (&$crate::client::Server, _) = ($server, $request);
        server.call(move || {
            let (mut client, request) = (server.$service(), request.clone());
            async move { client.$method(request).await }
        })
    }};
}
pub(crate) use ask;

fn endpoint(url: &str) -> anyhow::Result<Endpoint> {
    let endpoint = Endpoint::from_shared(url.to_owned()).with_context(|| format!("{url} is no address"))?;
    ensure!(url.starts_with("http://") || url.starts_with("https://"), "{url} is no address: it should be http://host:port");
    Ok(endpoint.connect_timeout(Duration::from_secs(5)).http2_keep_alive_interval(Duration::from_secs(10)))
}

/// Trouble that goes by: nobody there, too much at once, a change meanwhile, a connection cut in the middle (which tonic calls Unknown or Cancelled).
fn passing(status: &Status) -> bool {
    let code = status.code();
    let cut = matches!(code, Code::Unknown | Code::Internal | Code::Cancelled) && std::error::Error::source(status).is_some();
    cut || matches!(code, Code::Unavailable | Code::ResourceExhausted | Code::Aborted | Code::DeadlineExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_service_may_run_apart() {
        let at = |servers: &[&str]| Server::at(&servers.iter().map(|server| (*server).to_owned()).collect::<Vec<_>>(), Duration::ZERO);
        assert!(at(&["http://127.0.0.1:1", "payments=http://127.0.0.1:2"]).is_ok());
        for wrong in [&["payments=http://127.0.0.1:2"][..], &["http://127.0.0.1:1", "ghosts=http://127.0.0.1:2"], &["127.0.0.1:1"]] {
            assert!(at(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_what_goes_by_is_tried_again() {
        assert!(passing(&Status::unavailable("stopping")) && passing(&Status::aborted("changed meanwhile")));
        assert!(!passing(&Status::invalid_argument("items")) && !passing(&Status::internal("a bug")));
        let mut cut = Status::unknown("transport error");
        assert!(!passing(&cut));
        cut.set_source(std::sync::Arc::new(std::io::Error::other("reset")));
        assert!(passing(&cut));
    }
}
