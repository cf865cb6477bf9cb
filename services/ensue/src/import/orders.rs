//! `ensue import orders`: one order a basket, so many at once, then the wait until all have ended.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use contracts::orders::v1::{ListOrdersRequest, Order, OrderStatus, PlaceOrderRequest};
use futures::stream::{self, StreamExt};
use prost_types::Timestamp;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::baskets::{self, Basket};
use super::order::{Method, Recipe};
use super::summary::Summary;
use crate::client::{Server, ask};
use crate::progress::Progress;
use crate::{Verdict, duration, pages, text};

/// How long products may be unknown to the orders service in all: it hears of them through events.
const NEWS: Duration = Duration::from_secs(10);
/// Where an order is on its way.
const ON_THEIR_WAY: [OrderStatus; 4] = [OrderStatus::Pending, OrderStatus::Reserved, OrderStatus::Paid, OrderStatus::Shipping];

#[derive(Debug, Args)]
pub struct Arguments {
    /// The file
    file: PathBuf,
    /// Only the first so many baskets
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Orders placed at once
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    in_flight: u16,
    /// What orders are paid with, TOKEN or TOKEN=WEIGHT; may be given several times
    #[arg(long = "method", default_value = "tok_ok", value_name = "TOKEN")]
    methods: Vec<Method>,
    /// Chooses customers and tokens
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begins the ids of the orders; the same prefix again means the same orders
    #[arg(long, default_value = "basket")]
    prefix: String,
    /// Give up when no order moves for so long
    #[arg(long, default_value = "150s", value_parser = duration::parse, value_name = "TIME")]
    stall: Duration,
}

/// Places all, waits for their end, and prints the summary.
pub async fn run(server: &Server, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let baskets = baskets::read(&arguments.file, arguments.limit.unwrap_or(usize::MAX))?;
    let recipe = Recipe { prefix: arguments.prefix.clone(), seed: arguments.seed, methods: arguments.methods.clone() };
    let placed = place_all(server, &recipe, &baskets, usize::from(arguments.in_flight)).await?;
    let orders = match &placed.first {
        Some(from) => {
            wait(server, &placed.ids, from, arguments.stall).await?;
            mine(server, &placed.ids, OrderStatus::Unspecified, from).await?
        }
        None => Vec::new(),
    };
    let summary = Summary::of(&orders, &placed.refused);
    text::print(&summary.to_string());
    Ok(if summary.is_good() { Verdict::Good } else { Verdict::Bad })
}

#[derive(Default)]
struct Placed {
    ids: HashSet<String>,
    /// When the first of them was.
    first: Option<Timestamp>,
    /// What was refused, and how many for it.
    refused: BTreeMap<String, usize>,
}

async fn place_all(server: &Server, recipe: &Recipe, baskets: &[Basket], in_flight: usize) -> anyhow::Result<Placed> {
    let (progress, news) = (Progress::start("placed", baskets.len()), OnceLock::new());
    let mut placed = Placed::default();
    let mut answers = stream::iter(baskets).map(|basket| place(server, recipe.order(basket), &news)).buffer_unordered(in_flight);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(order) => {
                let micros = |time: &Option<Timestamp>| time.as_ref().map_or(i64::MAX, text::microseconds);
                if micros(&order.created_at) < micros(&placed.first) {
                    placed.first = order.created_at;
                }
                placed.ids.insert(order.order_id);
            }
            Err(status) if matches!(status.code(), Code::InvalidArgument | Code::FailedPrecondition | Code::AlreadyExists) => {
                *placed.refused.entry(text::refusal(&status)).or_default() += 1;
            }
            Err(status) => return Err(status.into()),
        }
        progress.at(placed.ids.len());
    }
    progress.end(placed.ids.len());
    Ok(placed)
}

/// Places one. `news` is when products were first unknown: they may be on their way to the orders service, and for that all orders wait once.
async fn place(server: &Server, request: PlaceOrderRequest, news: &OnceLock<Instant>) -> Result<Order, Status> {
    loop {
        match ask!(server, orders.place_order(request.clone())).await {
            Ok(response) => return response.order.ok_or_else(|| Status::internal("an answer without an order")),
            Err(status) if unknown_product(&status) && news.get_or_init(Instant::now).elapsed() < NEWS => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(status) => return Err(status),
        }
    }
}

fn unknown_product(status: &Status) -> bool {
    let details = status.get_error_details();
    let fields = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
    !fields.is_empty() && fields.iter().all(|violation| violation.field.ends_with(".product_id"))
}

/// Until none of these orders is on its way.
async fn wait(server: &Server, ids: &HashSet<String>, from: &Timestamp, stall: Duration) -> anyhow::Result<()> {
    let progress = Progress::start("ended", ids.len());
    let (mut last, mut moved) = (usize::MAX, Instant::now());
    loop {
        let mut left: Vec<Order> = Vec::new();
        for status in ON_THEIR_WAY {
            left.extend(mine(server, ids, status, from).await?);
        }
        // An order may pass from one list to the next between two questions, and be in both or, moving on, in the later one.
        left.sort_by(|a, b| a.order_id.cmp(&b.order_id));
        left.dedup_by(|a, b| a.order_id == b.order_id);
        let ended = ids.len() - left.len();
        if left.is_empty() {
            progress.end(ended);
            return Ok(());
        }
        progress.at(ended);
        if left.len() != last {
            (last, moved) = (left.len(), Instant::now());
        }
        if moved.elapsed() > stall {
            progress.end(ended);
            let some: Vec<&str> = left.iter().take(5).map(|order| order.order_id.as_str()).collect();
            bail!("{} on their way for {stall:?} without moving: {}, …", text::count(left.len(), "order"), some.join(", "));
        }
        // The longer the queue the dearer the question.
        tokio::time::sleep(Duration::from_millis((left.len() as u64 / 2).clamp(20, 1_000))).await;
    }
}

async fn mine(server: &Server, ids: &HashSet<String>, status: OrderStatus, from: &Timestamp) -> Result<Vec<Order>, Status> {
    let orders = pages::all(|page_token| {
        let request = ListOrdersRequest {
            status: status.into(),
            from: Some(*from),
            page_size: pages::SIZE,
            page_token,
            ..ListOrdersRequest::default()
        };
        async move { ask!(server, orders.list_orders(request)).await.map(|response| (response.orders, response.next_page_token)) }
    });
    Ok(orders.await?.into_iter().filter(|order| ids.contains(&order.order_id)).collect())
}
