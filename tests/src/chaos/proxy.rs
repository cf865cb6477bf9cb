//! Stands between the services and the broker: lets through, cuts, or lets nothing pass while all connections stay open.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// As if the proxy were not there.
    Open,
    /// Connections end, new ones too.
    Cut,
    /// Nothing passes and nobody is told, as when a switch forgets a route. What was on its way arrives later.
    Silent,
}

/// A proxy on a port of its own, gone with this value.
pub(super) struct Proxy {
    port: u16,
    line: watch::Sender<Line>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens, and hands on to `target`.
    pub(super) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("its port").port();
        let line = watch::Sender::new(Line::Open);
        let accepting = tokio::spawn(accept(listener, target, line.clone()));
        Self { port, line, accepting }
    }

    /// Where the services find the broker.
    pub(super) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Changes the line from now on.
    pub(super) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.line.send_replace(Line::Cut);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, line: watch::Sender<Line>) {
    let line = Arc::new(line);
    while let Ok((near, _)) = listener.accept().await {
        let line = line.subscribe();
        if *line.borrow() == Line::Cut {
            continue; // which closes it
        }
        tokio::spawn(async move {
            let Ok(far) = TcpStream::connect(target).await else { return };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            // Whichever way ends first ends both: the halves are dropped together.
            tokio::select! {
                () = copy(near_in, far_out, line.clone()) => {}
                () = copy(far_in, near_out, line) => {}
            }
        });
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut line: watch::Receiver<Line>) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let read = tokio::select! {
            read = from.read(&mut bytes) => read,
            _ = line.wait_for(|line| *line == Line::Cut) => return,
        };
        let Ok(read @ 1..) = read else { return };
        match line.wait_for(|line| *line != Line::Silent).await {
            Ok(line) if *line == Line::Open => {}
            _ => return,
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
