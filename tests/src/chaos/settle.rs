//! After the faults: everybody is left alone until all orders have ended, and then what must be true is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use contracts::events::v1::{Event, EventFilter, EventOrder, ListDeadLettersRequest, ListEventsRequest};
use contracts::orders::v1::{ListOrdersRequest, Order, OrderStatus};
use contracts::platform::v1::{LogHeadsRequest, LogHeadsResponse};
use messaging::Kind;
use prost::Message as _;
use tonic::Status;

use super::Plan;
use super::history::{self, Findings, Heads};
use super::tally::Tally;
use super::traffic::Ledger;
use super::world::World;
use crate::clients::Clients;
use crate::run::Ran;

/// From the last fault until all have ended: the longest saga, with its undoing.
const END: Duration = Duration::from_secs(240);
/// From there until the history has all of it.
const HISTORY: Duration = Duration::from_secs(60);
/// For `ensue check`.
const CHECK: &str = "120s";

/// Waits, looks, and writes down what is wrong.
pub(super) async fn settle(plan: &Plan, world: &mut World, tally: &mut Tally, ledger: &Ledger) {
    tally.refused = ledger.refused;
    tally.retried = ledger.retried;
    tally.violations.extend(ledger.wrong.iter().map(|wrong| format!("answer: {wrong}")));
    world.say(&format!("traffic is over: {} orders; calls made again for {:?}", ledger.accepted.len(), ledger.failures));
    let orders = ended(world, tally, &ledger.accepted).await;
    world.say("all orders looked at");
    world.gather(plan, tally).await;
    accepted(&orders, ledger, tally);
    check(world, tally).await;
    let findings = histories(world, tally).await;
    for (what, found) in [("lost", &findings.lost), ("doubled", &findings.doubled), ("disordered", &findings.disordered)] {
        tally.violations.extend(found.iter().map(|one| format!("{what}: {one}")));
    }
    tally.lost += findings.lost.len();
    tally.doubled += findings.doubled.len();
    tally.disordered += findings.disordered.len();
    unpublished(world, tally).await;
    dead_letters(world, tally).await;
}

/// All orders, once each has ended, or the time is over.
async fn ended(world: &mut World, tally: &mut Tally, accepted: &BTreeSet<String>) -> Vec<Order> {
    let (begun, mut told) = (Instant::now(), Instant::now());
    loop {
        world.tend(tally);
        let clients = Clients::of(&world.front_doors().0);
        let found = orders(&clients).await;
        if let Ok(found) = &found {
            let open = found.iter().filter(|order| !has_ended(order.status())).count();
            if open == 0 && found.len() >= accepted.len() || begun.elapsed() > END {
                return found.clone();
            }
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                world.say(&format!("{open} of {} orders are on their way", found.len()));
            }
        } else if begun.elapsed() > END {
            tally.violations.push(format!("orders can't be listed: {found:?}"));
            return Vec::new();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn orders(clients: &Clients) -> Result<Vec<Order>, Status> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListOrdersRequest { page_size: 1_000, page_token, ..ListOrdersRequest::default() };
        let answer = clients.orders.clone().max_decoding_message_size(64 << 20).list_orders(request).await?.into_inner();
        all.extend(answer.orders);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

fn has_ended(status: OrderStatus) -> bool {
    use OrderStatus::*;
    matches!(status, Confirmed | Dispatched | Delivered | Returned | Cancelled | CompensationFailed)
}

/// What was accepted is there and has ended, and nothing else is there.
fn accepted(orders: &[Order], ledger: &Ledger, tally: &mut Tally) {
    tally.accepted = ledger.accepted.len();
    let mut there: BTreeMap<&str, usize> = BTreeMap::new();
    for order in orders {
        *there.entry(&order.order_id).or_default() += 1;
        let status = order.status().as_str_name().trim_start_matches("ORDER_STATUS_").to_ascii_lowercase();
        if !has_ended(order.status()) {
            tally.lost += 1;
            tally.violations.push(format!("lost: order {} has no end, it is {status}", order.order_id));
        }
        let reason = if order.status_reason.is_empty() { String::new() } else { format!(" {}", order.status_reason) };
        *tally.statuses.entry(format!("{status}{reason}")).or_default() += 1;
        if !ledger.accepted.contains(&order.order_id) {
            tally.violations.push(format!("order {} is there, and nobody was told so", order.order_id));
        }
    }
    for id in ledger.accepted.iter().filter(|id| !there.contains_key(id.as_str())) {
        tally.lost += 1;
        tally.violations.push(format!("lost: order {id} was accepted and is not there"));
    }
    for (id, count) in there.into_iter().filter(|(_, count)| *count > 1) {
        tally.doubled += 1;
        tally.violations.push(format!("doubled: order {id} is there {count} times"));
    }
}

/// The binary's own reconciliation. Dead letters are allowed here: the noise makes them; which they are is looked at below.
async fn check(world: &mut World, tally: &mut Tally) {
    world.say("ensue check");
    let output = world.members[0].command().args(["check", "--allow-dead", "--settle", CHECK]).output().await.expect("the binary");
    let ran = Ran::from(output);
    tally.checked = ran.code == Some(0);
    if !tally.checked {
        tally.violations.push(format!("ensue check:\n{}{}", ran.stdout, ran.stderr));
    }
}

/// The history, once nothing of it is missing, or the time is over.
async fn histories(world: &mut World, tally: &mut Tally) -> Findings {
    let (begun, clients) = (Instant::now(), Clients::of(&world.members[0].url()));
    loop {
        let (heads, events) = (heads(world).await, events(&clients).await);
        match (heads, events) {
            (Ok(heads), Ok(events)) => {
                tally.events = events.len();
                let findings = history::look(&events, &heads);
                if findings.lost.is_empty() || begun.elapsed() > HISTORY {
                    return findings;
                }
            }
            (heads, events) if begun.elapsed() > HISTORY => {
                tally.violations.push(format!("no history: {:?} {:?}", heads.err(), events.err()));
                return Findings::default();
            }
            _ => {}
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// All of it: events without naming them, commands only by their names.
async fn events(clients: &Clients) -> Result<Vec<Event>, Status> {
    let mut all = listed(clients, Vec::new()).await?;
    let catalogue = contracts::catalogue();
    let commands = catalogue.entries().iter().filter(|entry| entry.kind == Kind::Command);
    let commands: Vec<String> = commands.map(|entry| entry.type_.clone()).collect();
    for some in commands.chunks(100) {
        all.extend(listed(clients, some.to_vec()).await?);
    }
    Ok(all)
}

async fn listed(clients: &Clients, types: Vec<String>) -> Result<Vec<Event>, Status> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    let filter = Some(EventFilter { types, ..EventFilter::default() });
    loop {
        let (filter, order) = (filter.clone(), EventOrder::OldestFirst.into());
        let request = ListEventsRequest { filter, order, page_size: 1_000, page_token, with_payload: false };
        let answer = clients.events.clone().max_decoding_message_size(64 << 20).list_events(request).await?.into_inner();
        // Their bodies are not looked at, but for one type, and a long run has many.
        all.extend(answer.events.into_iter().map(|event| {
            let data = event.data.filter(|_| event.r#type == "order.status_updated");
            Event { data, ..event }
        }));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// How far each service's log goes, by its own word.
async fn heads(world: &World) -> Result<Heads, String> {
    let client = async_nats::connect(world.nats().url()).await.map_err(|error| error.to_string())?;
    let mut heads = Heads::new();
    for service in contracts::catalogue().services() {
        let asked = client.request(format!("log.{service}.heads"), LogHeadsRequest {}.encode_to_vec().into());
        // Not every service of the catalogue is part of this system.
        let Ok(answer) = asked.await else { continue };
        let answer = LogHeadsResponse::decode(answer.payload).map_err(|error| error.to_string())?;
        if !answer.error.is_empty() {
            return Err(format!("{service}: {}", answer.error));
        }
        heads.extend(answer.heads.into_iter().map(|head| ((service.to_owned(), head.stream, head.partition), head.position)));
    }
    if heads.keys().any(|(service, ..)| service == "orders") { Ok(heads) } else { Err("orders does not answer for its log".to_owned()) }
}

/// By the gauge of each relay.
async fn unpublished(world: &World, tally: &mut Tally) {
    let begun = Instant::now();
    loop {
        let text = fetch(&world.members[0].metrics()).await.unwrap_or_default();
        let rows: Vec<f64> = text
            .lines()
            .filter(|line| line.starts_with("ensue_relay_unpublished"))
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .collect();
        let sum: f64 = rows.iter().sum();
        if (sum == 0.0 && !rows.is_empty()) || begun.elapsed() > HISTORY {
            if rows.is_empty() {
                tally.violations.push("no relay says how much it has not published".to_owned());
            }
            tally.unpublished = sum as u64;
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// A GET, with nothing more than a socket.
async fn fetch(url: &str) -> Option<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (address, path) = url.strip_prefix("http://")?.split_once('/')?;
    let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
    stream.write_all(format!("GET /{path} HTTP/1.0\r\nhost: {address}\r\n\r\n").as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

/// Only what the noise made may lie dead: nothing that is in somebody's log.
async fn dead_letters(world: &World, tally: &mut Tally) {
    let mut client = Clients::of(&world.members[0].url()).events;
    let mut page_token = String::new();
    loop {
        let request = ListDeadLettersRequest { page_size: 1_000, page_token, ..ListDeadLettersRequest::default() };
        let answer = match client.list_dead_letters(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return tally.violations.push(format!("dead letters can't be listed: {status}")),
        };
        tally.dead = answer.total;
        for letter in answer.dead_letters.iter().filter(|letter| letter.position > 0) {
            let (type_, key, consumer) = (&letter.r#type, &letter.key, &letter.consumer);
            tally.violations.push(format!("dead: {type_} of {key} at {consumer}: {}, {}", letter.reason, letter.error));
        }
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return;
        }
    }
}
