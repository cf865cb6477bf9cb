//! Opens a port, or says which setting to change.

use std::io;

use tokio::net::TcpListener;

/// Why a port could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else has it.
    #[error("port {port} is taken: another program listens on {host}; stop it, or set {setting} ({variable}) to another port")]
    Taken {
        /// The address asked for.
        host: String,
        /// The port asked for.
        port: u16,
        /// The configuration key, e.g. `grpc.port`.
        setting: &'static str,
        /// The same as an environment variable.
        variable: String,
    },
    /// Anything else: no such address, no permission.
    #[error("{host}:{port} can't be opened; see {setting} ({variable})")]
    Failed {
        /// The address asked for.
        host: String,
        /// The port asked for.
        port: u16,
        /// The configuration key.
        setting: &'static str,
        /// The same as an environment variable.
        variable: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Listens on `host:port`; port 0 is any free one. `setting` is the configuration key of the port.
pub async fn bind(host: &str, port: u16, setting: &'static str) -> Result<TcpListener, BindError> {
    TcpListener::bind((host, port)).await.map_err(|source| {
        let (host, variable) = (host.to_owned(), crate::config::variable(setting));
        match source.kind() {
            io::ErrorKind::AddrInUse => BindError::Taken { host, port, setting, variable },
            _ => BindError::Failed { host, port, setting, variable, source },
        }
    })
}
