//! Does what the page's commands do, by the same bytes: `nats pub`, `nats sub`, `grpcurl`, and the workspace's own program.

use std::time::Duration;

use acceptance::System;
use catalogue::Contracts;
use serde_json::Value;
use testkit::otlp::{Otlp, Span};
use testkit::{SOON, eventually};
use tonic::metadata::MetadataMap;
use tonic::transport::Endpoint;

use crate::raw;
use crate::workspace::Workspace;

/// What prepares the ground; whoever runs this has done it.
const PREPARATIONS: [&str; 5] = ["ensue new bakery", "cd bakery", "cargo run -- up", "cargo test", "ensue new-service oven"];

/// The terminals of whoever reads the page.
pub struct Terminal {
    system: System,
    collector: Otlp,
    contracts: &'static Contracts,
    nats: async_nats::Client,
    /// How to ask again what was asked last: what was published is there a moment later.
    asked: Option<Asked>,
    compared: usize,
}

#[derive(Clone)]
enum Asked {
    Call { path: String, json: String, headers: MetadataMap },
    Command(Vec<String>),
}

impl Terminal {
    /// With the program running, as `cargo run -- up` runs it.
    pub async fn at(workspace: &Workspace) -> Self {
        let collector = Otlp::start().await.expect("a collector");
        let system = System::of(workspace.binary()).set("telemetry.otlp_endpoint", collector.endpoint()).start().await;
        let nats = async_nats::connect(system.nats().url()).await.expect("the broker");
        Self { system, collector, contracts: workspace.contracts(), nats, asked: None, compared: 0 }
    }

    /// How many outputs were as the page says.
    pub fn compared(&self) -> usize {
        self.compared
    }

    pub async fn run(&mut self, line: &str) {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["nats", "pub", "-J", subject, body] => self.publish(subject, body).await,
            ["nats", "pub", subject, body] => self.publish(subject, body).await,
            ["grpcurl", "-plaintext", rest @ .., "localhost:50051", path] => {
                let mut headers = MetadataMap::new();
                let mut json = "{}";
                for pair in rest.chunks(2) {
                    match pair {
                        ["-d", body] => json = body,
                        ["-H", header] => {
                            let (name, value) = header.split_once(": ").expect("a header");
                            headers.insert(
                                name.parse::<tonic::metadata::AsciiMetadataKey>().expect("a name"),
                                value.parse().expect("a value"),
                            );
                        }
                        other => panic!("docs/tutorial.md: nobody checks {other:?} of `{line}`"),
                    }
                }
                let asked = Asked::Call { path: (*path).to_owned(), json: json.to_owned(), headers };
                // What it answers is looked at where the page shows it.
                let _ = self.answer(&asked).await;
                self.asked = Some(asked);
            }
            ["cargo", "run", "--", command @ ..] if command != ["up"] => {
                self.asked = Some(Asked::Command(command.iter().map(|word| (*word).to_owned()).collect()));
            }
            _ => assert!(PREPARATIONS.iter().any(|known| line.starts_with(known)), "docs/tutorial.md: nobody checks what `{line}` does"),
        }
    }

    async fn publish(&self, subject: &str, body: &str) {
        let send = || async { self.nats.request(subject.to_owned(), body.to_owned().into()).await.ok() };
        eventually(SOON, send).await;
    }

    async fn answer(&self, asked: &Asked) -> Result<String, String> {
        match asked {
            Asked::Command(command) => Ok(self.system.run(command).await.stdout),
            Asked::Call { path, json, headers } => {
                let channel = Endpoint::from_shared(self.system.url().to_owned()).expect("an address").connect_lazy();
                let answer = raw::call(channel, self.contracts.schemas().pool(), path, headers.clone(), json).await;
                answer.map(|answer| answer.to_string()).map_err(|status| format!("{:?}: {}", status.code(), status.message()))
            }
        }
    }

    /// Of what was asked last; it may take a moment to become true.
    pub async fn expect(&mut self, output: &str) {
        self.compared += 1;
        let asked = self.asked.clone().expect("something that was asked");
        if matches!(asked, Asked::Call { .. }) && self.answer(&asked).await.is_ok_and(|answer| is_json(output, &answer)) {
            return;
        }
        let mut last = String::new();
        for _ in 0..100 {
            last = self.answer(&asked).await.unwrap_or_else(|error| error);
            if is_json(output, &last) || is_like(output, &last) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("docs/tutorial.md shows\n{output}\nbut it is\n{last}");
    }

    /// The call, what the relay published for it, and what the consumer did with it.
    pub async fn is_one_trace(&self, correlation_id: &str) {
        let of_it = |span: &&Span| span.attributes.get("ensue.correlation_id").is_some_and(|id| id == correlation_id);
        let led = |spans: &[Span]| {
            let call = spans.iter().filter(of_it).find(|span| span.kind == "server").cloned();
            let effect = spans.iter().filter(of_it).find(|span| span.kind == "consumer" && span.service == "bakery").cloned();
            call.zip(effect).is_some_and(|(call, effect)| call.trace_id == effect.trace_id && descends(spans, &effect, &call))
        };
        if let Err(error) = self.collector.wait_for(led, Duration::from_secs(30)).await {
            let seen: Vec<_> = self.collector.spans().iter().filter(of_it).map(|span| (span.kind, span.name.clone())).collect();
            panic!("no effect follows from the call in one trace: {error}; seen: {seen:#?}");
        }
    }

    pub async fn stop(mut self) {
        assert_eq!(self.system.stop().await, Some(0), "{}", self.system.log());
    }
}

/// Whether a span came of another one.
fn descends(spans: &[Span], span: &Span, from: &Span) -> bool {
    let parent = spans.iter().find(|other| other.span_id == span.parent_span_id);
    parent.is_some_and(|parent| parent.span_id == from.span_id || descends(spans, parent, from))
}

/// Words of a line, quotes of both kinds taken off.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.chars().next().filter(|quote| ['\'', '"'].contains(quote)) {
            Some(quote) => rest[1..].split_once(quote).expect("a closing quote"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

fn is_json(expected: &str, given: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    parse(expected).is_some() && parse(expected) == parse(given)
}

/// Line by line; `…` stands for whatever is there.
fn is_like(expected: &str, given: &str) -> bool {
    let (expected, given): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), given.lines().collect());
    expected.len() == given.len() && expected.iter().zip(given).all(|(expected, given)| line_is_like(expected, given))
}

fn line_is_like(expected: &str, given: &str) -> bool {
    let mut parts = expected.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = given.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    rest.trim().is_empty() || last == Some("")
}
