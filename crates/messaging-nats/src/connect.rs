//! One connection: how it is made, how it comes back, and what is counted about it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use tokio::sync::watch;

use crate::version::TooOld;

/// Where the broker is and how to talk to it.
#[derive(Clone)]
pub struct Options {
    /// `nats://host:port`, several with commas between; `nats://token@host` and `nats://user:password@host` log in.
    pub url: String,
    /// The connection's name, as `nats server report connections` shows it.
    pub name: String,
    /// A `.creds` file (JWT and seed).
    pub credentials: Option<PathBuf>,
    /// A connection that answers no ping for twice this long is given up.
    pub ping_interval: Duration,
    /// The longest wait for any answer, publishes included.
    pub timeout: Duration,
    /// Replicas of each stream.
    pub replicas: usize,
    /// Come back without a connection when there is none yet, and keep trying.
    pub retry_on_initial_connect: bool,
}

impl Options {
    /// The usual settings: ping every 10 s, 5 s for an answer, one replica, the first connection must succeed.
    pub fn new(url: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            name: name.into(),
            credentials: None,
            ping_interval: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
            replicas: 1,
            retry_on_initial_connect: false,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL can't be read.
    #[error("broker URL: {0}")]
    Url(std::io::Error),
    /// The credentials file can't be read.
    #[error("broker credentials {}: {error}", .path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: std::io::Error,
    },
    /// Nobody there, or not let in.
    #[error("broker connection: {0}")]
    Refused(#[from] async_nats::ConnectError),
    /// The server is too old.
    #[error(transparent)]
    TooOld(#[from] TooOld),
}

/// Connects. The receiver changes with every lost connection.
pub(crate) async fn connect(options: &Options) -> Result<(Client, watch::Receiver<u64>), ConnectError> {
    let servers =
        options.url.split(',').map(|url| url.trim().parse()).collect::<Result<Vec<ServerAddr>, _>>().map_err(ConnectError::Url)?;
    let (losses, lost) = watch::channel(0);
    let losses = Arc::new(losses);
    let mut connect = ConnectOptions::new()
        .name(&options.name)
        .ping_interval(options.ping_interval)
        .connection_timeout(options.timeout)
        .request_timeout(Some(options.timeout))
        .reconnect_delay_callback(reconnect_delay)
        .event_callback(move |event| {
            note(&event, &losses);
            std::future::ready(())
        });
    // In a URL the client reads a password's user but leaves a lone token aside.
    if let Some(server) = servers.first().filter(|server| server.password().is_none())
        && let Some(token) = server.username()
    {
        connect = connect.token(token.to_owned());
    } else if let Some(server) = servers.first()
        && let (Some(user), Some(password)) = (server.username(), server.password())
    {
        connect = connect.user_and_password(user.to_owned(), password.to_owned());
    }
    if let Some(path) = &options.credentials {
        connect = connect.credentials_file(path).await.map_err(|error| ConnectError::Credentials { path: path.clone(), error })?;
    }
    if options.retry_on_initial_connect {
        connect = connect.retry_on_initial_connect();
    }
    Ok((connect.connect(servers).await?, lost))
}

/// At once, then 100 ms, doubling to 5 s.
fn reconnect_delay(attempts: usize) -> Duration {
    match attempts {
        0 | 1 => Duration::ZERO,
        more => Duration::from_millis(100 << (more - 2).min(6)).min(Duration::from_secs(5)),
    }
}

fn note(event: &Event, losses: &watch::Sender<u64>) {
    match event {
        Event::Connected => metrics::counter!("ensue_nats_connections_total").increment(1),
        Event::Disconnected => {
            losses.send_modify(|losses| *losses += 1);
            metrics::counter!("ensue_nats_disconnections_total").increment(1);
            tracing::warn!("broker connection lost");
        }
        Event::SlowConsumer(_) => metrics::counter!("ensue_nats_slow_consumers_total").increment(1),
        Event::ServerError(error) => tracing::warn!(%error, "broker reports an error"),
        Event::ClientError(error) => tracing::debug!(%error, "broker client reports an error"),
        Event::LameDuckMode | Event::Draining | Event::Closed => tracing::info!(%event, "broker connection"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reconnecting_starts_at_once_and_slows_down_to_five_seconds() {
        assert_eq!(reconnect_delay(1), Duration::ZERO);
        assert_eq!(reconnect_delay(2), Duration::from_millis(100));
        assert_eq!(reconnect_delay(4), Duration::from_millis(400));
        assert_eq!(reconnect_delay(1_000), Duration::from_secs(5));
    }
}
