//! What no client would write: frames byte for byte, as somebody with a socket sends them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Publishes a message whose header lines and body are these bytes, and waits until the server has read it. `url` is `nats://host:port`;
/// each line ends with `\r\n`.
///
/// # Panics
/// When there is no server, or it hangs up.
pub async fn publish(url: &str, subject: &str, lines: &[u8], body: &[u8]) {
    let mut socket = TcpStream::connect(url.trim_start_matches("nats://")).await.expect("a server");
    let headers = [b"NATS/1.0\r\n", lines, b"\r\n"].concat();
    let mut frame = b"CONNECT {\"verbose\":false,\"headers\":true}\r\n".to_vec();
    frame.extend(format!("HPUB {subject} {} {}\r\n", headers.len(), headers.len() + body.len()).into_bytes());
    frame.extend([headers.as_slice(), body, b"\r\nPING\r\n"].concat());
    socket.write_all(&frame).await.expect("a server that listens");
    let mut said = Vec::new();
    while !said.ends_with(b"PONG\r\n") {
        let mut some = [0; 4_096];
        let read = socket.read(&mut some).await.expect("a server that answers");
        assert!(read > 0, "the server hung up: {}", String::from_utf8_lossy(&said));
        said.extend(&some[..read]);
    }
}
