//! `ensue check`: the services' own words about the same orders, held against one another. Over gRPC only, so it also serves separate processes.

mod finding;
mod mail;
mod money;
mod orders;
mod picture;
mod provider;
mod shipments;
mod stock;

use std::time::{Duration, Instant};

use clap::Args;
use ensue_cli::{Server, Verdict, duration, say, text};

use finding::Finding;
use picture::Picture;

/// Differences of which nothing changed for so long are no work in progress: longer than all retries of a delivery take.
const STILL: Duration = Duration::from_secs(12);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);
/// Differences shown of each comparison.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How long what is under way may take to come to an end
    #[arg(long, default_value = "60s", value_parser = duration::parse, value_name = "TIME")]
    settle: Duration,
    /// Open dead letters are no difference
    #[arg(long)]
    allow_dead: bool,
}

/// Looks until everything agrees, nothing moves any more, or the time is over; prints the last look.
pub async fn run(server: &Server, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let started = Instant::now();
    let (mut last, mut moved) = (Vec::new(), started);
    loop {
        let picture = Picture::take(server).await?;
        let findings = compare(&picture, arguments.allow_dead);
        let good = findings.iter().all(Finding::agrees);
        if findings != last {
            (last, moved) = (findings, Instant::now());
        }
        // What is on its way will move, if only by its time-outs.
        let still = !picture.in_flight() && moved.elapsed() >= STILL;
        if good || still || started.elapsed() >= arguments.settle {
            return Ok(report(&last, &picture));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn compare(picture: &Picture, allow_dead: bool) -> Vec<Finding> {
    let mut findings = orders::findings(picture);
    findings.extend(stock::findings(picture));
    findings.extend(money::findings(picture));
    findings.extend(provider::findings(picture));
    findings.push(shipments::finding(picture));
    findings.push(mail::finding(picture));
    findings.push(orders::dead_letters(picture, allow_dead));
    findings
}

fn report(findings: &[Finding], picture: &Picture) -> Verdict {
    let rows = findings.iter().map(|finding| {
        let verdict = if finding.agrees() { "ok" } else { "DIFFERS" };
        [finding.what.to_owned(), finding.expected.clone(), finding.found.clone(), verdict.to_owned()]
    });
    text::table(["comparison", "expected", "found", ""], rows);
    for finding in findings.iter().filter(|finding| !finding.agrees()) {
        say!("\n{}: {}", finding.what, text::count(finding.differences.len(), "difference"));
        for difference in finding.differences.iter().take(SHOWN) {
            say!("  {difference}");
        }
        if finding.differences.len() > SHOWN {
            say!("  … and {} more", finding.differences.len() - SHOWN);
        }
    }
    let good = findings.iter().all(Finding::agrees);
    let verdict = if good { "everything agrees" } else { "NOT everything agrees" };
    say!("\n{verdict}: {}, {}", text::count(picture.orders.len(), "order"), text::count(picture.products.len(), "product"));
    if good { Verdict::Good } else { Verdict::Bad }
}
