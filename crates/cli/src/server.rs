//! The services, seen from outside: one connection, and calls that outlive a restart of the other side.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use catalogue::events::v1::event_service_client::EventServiceClient;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

/// The first wait before a call is tried again, and the longest.
const WAIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// What listens where a service is not named.
const ANY: &str = "";

/// Services that are there, or will be again. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Server {
    /// What this binary has.
    services: Arc<[&'static str]>,
    /// By service; [`ANY`] has the others.
    channels: HashMap<String, Channel>,
    patience: Duration,
}

impl Server {
    /// Bytes of one answer or request: a page of a thousand rows, whatever hangs on them.
    pub const MESSAGE: usize = 64 << 20;

    /// The `services` at `http://host:port`, those that are apart at `service=http://host:port`; connects with the first call, inside a runtime.
    /// Errors when that is no address, or nobody is said to have the rest.
    pub fn at(services: &[&'static str], servers: &[String], patience: Duration) -> anyhow::Result<Self> {
        let mut channels = HashMap::new();
        for server in servers {
            let (service, url) = server.split_once('=').unwrap_or((ANY, server));
            ensure!(service == ANY || services.contains(&service), "--server {server}: there is no service {service}");
            channels.insert(service.to_owned(), endpoint(url).with_context(|| format!("--server {server}"))?.connect_lazy());
        }
        ensure!(
            channels.contains_key(ANY) || services.iter().all(|name| channels.contains_key(*name)),
            "--server: give one URL for the services that are not named"
        );
        Ok(Self { services: services.into(), channels, patience })
    }

    /// The connection to a service of this binary.
    ///
    /// # Panics
    /// When it has no such service, and no URL was given for all.
    pub fn channel(&self, service: &str) -> Channel {
        self.channels.get(service).or_else(|| self.channels.get(ANY)).unwrap_or_else(|| panic!("no service {service} here")).clone()
    }

    /// A client of the history and of the dead letters.
    pub fn events(&self) -> EventServiceClient<Channel> {
        EventServiceClient::new(self.channel("events")).max_decoding_message_size(Self::MESSAGE).max_encoding_message_size(Self::MESSAGE)
    }

    /// Those of `silent` that should have answered: a service that is not built into this binary has nothing to say.
    pub fn missing<'a>(&self, silent: &'a [String]) -> Vec<&'a str> {
        silent.iter().map(String::as_str).filter(|service| self.services.contains(service)).collect()
    }

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
#[macro_export]
macro_rules! ask {
    ($server:expr, $service:ident.$method:ident($request:expr)) => {{
        let (server, request): (&$crate::Server, _) = ($server, $request);
        server.call(move || {
            let (mut client, request) = (server.$service(), request.clone());
            async move { client.$method(request).await }
        })
    }};
}

/// A trait that gives [`Server`] a client for each of these services, for [`ask!`]:
///
/// ```
/// # use catalogue::events::v1::event_service_client::EventServiceClient;
/// ensue_cli::clients! {
///     /// The services of the bakery.
///     pub trait Bakery {
///         history: EventServiceClient;
///     }
/// }
/// # let _ = |server: &ensue_cli::Server| drop(server.history());
/// ```
#[macro_export]
macro_rules! clients {
    ($(#[$doc:meta])* $visible:vis trait $name:ident { $($service:ident: $client:ident;)* }) => {
        $(#[$doc])*
        $visible trait $name {
            $(
                #[doc = concat!("A client of the ", stringify!($service), " service.")]
                fn $service(&self) -> $client<$crate::tonic::transport::Channel>;
            )*
        }

        impl $name for $crate::Server {
            $(
                fn $service(&self) -> $client<$crate::tonic::transport::Channel> {
                    $client::new(self.channel(stringify!($service)))
                        .max_decoding_message_size($crate::Server::MESSAGE)
                        .max_encoding_message_size($crate::Server::MESSAGE)
                }
            )*
        }
    };
}

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
        let at = |servers: &[&str]| {
            let servers: Vec<String> = servers.iter().map(|server| (*server).to_owned()).collect();
            Server::at(&["ovens", "shelves"], &servers, Duration::ZERO)
        };
        let apart = at(&["http://127.0.0.1:1", "ovens=http://127.0.0.1:2"]).unwrap();
        assert_eq!(apart.missing(&["shelves".to_owned(), "ghosts".to_owned()]), ["shelves"]);
        assert!(at(&["ovens=http://127.0.0.1:1", "shelves=http://127.0.0.1:2"]).is_ok());
        for wrong in [&["ovens=http://127.0.0.1:2"][..], &["http://127.0.0.1:1", "ghosts=http://127.0.0.1:2"], &["127.0.0.1:1"]] {
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
