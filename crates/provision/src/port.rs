//! A port nobody listens on, for servers that cannot choose one themselves.

use std::net::{Ipv4Addr, TcpListener};

/// A free TCP port of 127.0.0.1. Somebody may take it before its user does, so that user tries again with another.
///
/// # Errors
/// When the system has no free port.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
