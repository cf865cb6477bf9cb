//! `ensue import orders`: one order a basket, so many on their way at once, until all have ended.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use contracts::orders::v1::{ListOrdersRequest, Order, OrderStatus, PlaceOrderRequest};
use ensue_cli::{Progress, Server, Verdict, ask, duration, pages, text};
use futures::stream::{self, StreamExt};
use prost_types::Timestamp;
use tokio::sync::Semaphore;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::baskets::{self, Basket};
use super::order::{Method, Recipe};
use super::summary::Summary;
use crate::clients::Clients as _;

/// How long products may be unknown to the orders service in all: it hears of them through events.
const NEWS: Duration = Duration::from_secs(10);
/// Calls at once.
const CALLS: usize = 64;
/// How often the importer looks which orders have ended.
const LOOK: Duration = Duration::from_millis(50);
/// Where an order is on its way.
const ON_THEIR_WAY: [OrderStatus; 4] = [OrderStatus::Pending, OrderStatus::Reserved, OrderStatus::Paid, OrderStatus::Shipping];

#[derive(Debug, Args)]
pub struct Arguments {
    /// The file
    file: PathBuf,
    /// Only the first so many baskets
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Orders on their way at once
    #[arg(long, default_value_t = 256, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
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

/// Places all, never more than so many on their way, waits for their end, and prints the summary.
pub async fn run(server: &Server, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let baskets = baskets::read(&arguments.file, arguments.limit.unwrap_or(usize::MAX))?;
    let recipe = Recipe { prefix: arguments.prefix.clone(), seed: arguments.seed, methods: arguments.methods.clone() };
    let flow = Flow::new(usize::from(arguments.in_flight));
    let progress = Progress::start("ended", baskets.len());
    tokio::try_join!(place_all(server, &recipe, &baskets, &flow), wait(server, &flow, arguments.stall, &progress))?;
    let placed = flow.placed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let orders = match &placed.first {
        Some(from) => mine(server, &placed.ids, OrderStatus::Unspecified, from).await?,
        None => Vec::new(),
    };
    let summary = Summary::of(&orders, &placed.refused);
    text::print(&summary.to_string());
    Ok(if summary.is_good() { Verdict::Good } else { Verdict::Bad })
}

/// What was placed so far, and the room for more.
struct Flow {
    placed: Mutex<Placed>,
    /// A place for each order on its way: one that ended gives its own back. An importer that only bounded its calls would grow
    /// the services' queue instead, and measure that.
    room: Semaphore,
}

#[derive(Clone, Default)]
struct Placed {
    ids: HashSet<String>,
    /// When the first of them was.
    first: Option<Timestamp>,
    /// What was refused, and how many for it.
    refused: BTreeMap<String, usize>,
    /// Nothing comes after these.
    whole: bool,
}

impl Flow {
    fn new(room: usize) -> Self {
        Self { placed: Mutex::default(), room: Semaphore::new(room) }
    }

    fn placed(&self) -> MutexGuard<'_, Placed> {
        self.placed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn place_all(server: &Server, recipe: &Recipe, baskets: &[Basket], flow: &Flow) -> anyhow::Result<()> {
    let news = OnceLock::new();
    let mut answers = stream::iter(baskets)
        .map(|basket| async {
            flow.room.acquire().await.expect("it is never closed").forget();
            place(server, recipe.order(basket), &news).await
        })
        .buffer_unordered(CALLS);
    while let Some(answer) = answers.next().await {
        let mut placed = flow.placed();
        match answer {
            Ok(order) => {
                let micros = |time: &Option<Timestamp>| time.as_ref().map_or(i64::MAX, text::microseconds);
                if micros(&order.created_at) < micros(&placed.first) {
                    placed.first = order.created_at;
                }
                if !placed.ids.insert(order.order_id) {
                    flow.room.add_permits(1);
                }
            }
            Err(status) if matches!(status.code(), Code::InvalidArgument | Code::FailedPrecondition | Code::AlreadyExists) => {
                *placed.refused.entry(text::refusal(&status)).or_default() += 1;
                flow.room.add_permits(1);
            }
            Err(status) => return Err(status.into()),
        }
    }
    flow.placed().whole = true;
    Ok(())
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

/// Makes room for as many as ended, until all have.
async fn wait(server: &Server, flow: &Flow, stall: Duration, progress: &Progress) -> anyhow::Result<()> {
    let (mut ended, mut moved) = (0, Instant::now());
    loop {
        tokio::time::sleep(LOOK).await;
        let placed = flow.placed().clone(); // before the question: what is not in its answer has ended
        let left = match &placed.first {
            Some(from) => on_their_way(server, &placed.ids, from).await?,
            None => BTreeSet::new(),
        };
        let now = placed.ids.len() - left.len();
        if now > ended {
            flow.room.add_permits(now - ended);
            (ended, moved) = (now, Instant::now());
            progress.at(ended);
        }
        if placed.whole && left.is_empty() {
            progress.end(ended);
            return Ok(());
        }
        if moved.elapsed() > stall {
            progress.end(ended);
            let some: Vec<&str> = left.iter().take(5).map(String::as_str).collect();
            bail!("{} on their way for {stall:?} without moving: {}, …", text::count(left.len(), "order"), some.join(", "));
        }
    }
}

/// An order may pass from one list to the next between two questions: it is in both then, or in the later one.
async fn on_their_way(server: &Server, ids: &HashSet<String>, from: &Timestamp) -> Result<BTreeSet<String>, Status> {
    let mut left = BTreeSet::new();
    for status in ON_THEIR_WAY {
        left.extend(mine(server, ids, status, from).await?.into_iter().map(|order| order.order_id));
    }
    Ok(left)
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
