//! A process that ignores the wish to stop, so that a test can see the second signal end it.

use std::io::Write;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let stop = service_host::shutdown::on_signal()?;
    let mut out = std::io::stdout();
    writeln!(out, "started")?;
    stop.cancelled().await;
    writeln!(out, "stopping")?;
    std::future::pending().await
}
