//! The table `orders`: each order as its events made it, with the ledger of its saga beside it in one SELECT.

use contracts_orders::v2::OrderPlaced;
use messaging::{Failure, Kind};
use prost::Message as _;
use saga::durable::{COLUMNS as SAGA, Stored};
use store::{Params, Row, Store, StoreError, Value, Work, params};

use super::Kept;
use crate::domain::{Event, Order, Status};
use crate::wire;

const ORDER: &str =
    "o.placed, o.status, o.status_reason, o.returned, o.refunded, o.version, o.correlation_id, o.created_at_us, o.updated_at_us";

fn select() -> String {
    format!("SELECT {ORDER}, {SAGA} FROM orders o JOIN sagas s ON s.saga_id = o.order_id")
}

fn refused(error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("order: {error}"))
}

fn read(row: &Row) -> Result<Kept, StoreError> {
    let placed: Vec<u8> = row.get("placed")?;
    let placed = wire::placed_of(&OrderPlaced::decode(placed.as_slice()).map_err(refused)?);
    let status: String = row.get("status")?;
    let returned: String = row.get("returned")?;
    let mut order = Order::new(placed);
    order.status = Status::from_name(&status).ok_or_else(|| refused(format!("status {status}")))?;
    order.status_reason = row.get("status_reason")?;
    order.returned = serde_json::from_str(&returned).map_err(refused)?;
    order.refunded.minor_units = row.get("refunded")?;
    let version = row.get("version")?;
    Ok(Kept {
        order,
        version,
        saved: version,
        correlation_id: row.get("correlation_id")?,
        created_at_us: row.get("created_at_us")?,
        updated_at_us: row.get("updated_at_us")?,
    })
}

fn read_both(row: &Row) -> Result<(Kept, Stored), StoreError> {
    Ok((read(row)?, Stored::read(row)?))
}

/// The order with its saga, both kept from others until the work commits.
pub async fn load(order_id: &str, work: &mut Work) -> Result<Option<(Kept, Stored)>, StoreError> {
    let sql = format!("{} WHERE o.order_id = $1{}", select(), work.for_update());
    work.row(&sql, params![order_id]).await?.as_ref().map(read_both).transpose()
}

/// The same, the order made anew of its events: what people decide is decided upon the log itself, and a row that went astray is set right.
pub async fn replay(order_id: &str, work: &mut Work) -> Result<Option<(Kept, Stored)>, StoreError> {
    let Some((mut kept, saga)) = load(order_id, work).await? else { return Ok(None) };
    let log = work.history(Kind::Event, "order", "order", order_id).await?;
    let events: Vec<Event> = log.iter().map(wire::event_of).collect::<Result<_, Failure>>().map_err(refused)?;
    kept.order = Order::replay(&events).ok_or_else(|| refused(format!("{order_id} has a row and no order.placed")))?;
    kept.version = log.last().map_or(0, |last| last.sequence);
    Ok(Some((kept, saga)))
}

/// Whether there is one.
pub async fn exists(order_id: &str, work: &mut Work) -> Result<bool, StoreError> {
    Ok(work.row("SELECT version FROM orders WHERE order_id = $1", params![order_id]).await?.is_some())
}

fn columns(kept: &Kept) -> Result<Params, StoreError> {
    let order = &kept.order;
    Ok(params![
        &order.placed.order_id,
        order.status.as_str(),
        &order.status_reason,
        serde_json::to_string(&order.returned).map_err(refused)?,
        order.refunded.minor_units,
        kept.version,
        kept.updated_at_us
    ])
}

/// The row of a new order.
pub async fn insert(kept: &mut Kept, work: &mut Work) -> Result<(), StoreError> {
    let sql = "INSERT INTO orders (order_id, status, status_reason, returned, refunded, version, updated_at_us, user_id, placed, correlation_id, \
               created_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let placed = &kept.order.placed;
    let mut row = columns(kept)?;
    row.extend(params![
        &placed.user_id,
        wire::placed_row(placed, kept.created_at_us).encode_to_vec(),
        &kept.correlation_id,
        kept.created_at_us
    ]);
    work.execute(sql, row).await?;
    kept.saved = kept.version;
    Ok(())
}

/// Brings the row to where the order is; nothing where nothing happened.
pub async fn save(kept: &mut Kept, work: &mut Work) -> Result<(), StoreError> {
    if kept.version == kept.saved {
        return Ok(());
    }
    let sql = "UPDATE orders SET status = $2, status_reason = $3, returned = $4, refunded = $5, version = $6, updated_at_us = $7 WHERE order_id = $1";
    // No compare-and-set here: the events beside it carry their versions.
    work.execute(sql, columns(kept)?).await?;
    kept.saved = kept.version;
    Ok(())
}

/// The order with its saga, to look at.
pub async fn find(store: &Store, order_id: &str) -> Result<Option<(Kept, Stored)>, StoreError> {
    let sql = format!("{} WHERE o.order_id = $1", select());
    store.row(&sql, params![order_id]).await?.as_ref().map(read_both).transpose()
}

/// Which orders are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this user.
    pub user_id: Option<String>,
    /// In this status.
    pub status: Option<Status>,
    /// Created at or after, microseconds since 1970 UTC.
    pub from_us: Option<i64>,
    /// Created before, microseconds since 1970 UTC.
    pub to_us: Option<i64>,
    /// Created before this one: (created at, id).
    pub before: Option<(i64, String)>,
}

/// Orders, the newest first.
pub async fn list(store: &Store, filter: Filter, limit: usize) -> Result<Vec<Kept>, StoreError> {
    let mut wanted = Wanted::default();
    wanted.add(filter.user_id, |at| format!("o.user_id = ${at}"));
    wanted.add(filter.status.map(Status::as_str), |at| format!("o.status = ${at}"));
    wanted.add(filter.from_us, |at| format!("o.created_at_us >= ${at}"));
    wanted.add(filter.to_us, |at| format!("o.created_at_us < ${at}"));
    if let Some((created_at_us, order_id)) = filter.before {
        wanted.add(Some(created_at_us), |at| format!("o.created_at_us <= ${at}"));
        wanted.add(Some(created_at_us), |at| format!("(o.created_at_us < ${at} OR o.order_id < ${})", at + 1));
        wanted.params.push(order_id.into());
    }
    wanted.add(Some(u32::try_from(limit).unwrap_or(u32::MAX)), |_| "true".to_owned());
    let sql = format!(
        "SELECT {ORDER} FROM orders o WHERE {} ORDER BY o.created_at_us DESC, o.order_id DESC LIMIT ${}",
        wanted.conditions.join(" AND "),
        wanted.params.len()
    );
    store.rows(&sql, wanted.params).await?.iter().map(read).collect()
}

/// The conditions of a query in the making.
#[derive(Default)]
struct Wanted {
    conditions: Vec<String>,
    params: Params,
}

impl Wanted {
    fn add<V: Into<Value>>(&mut self, value: Option<V>, condition: impl Fn(usize) -> String) {
        if let Some(value) = value {
            self.params.push(value.into());
            self.conditions.push(condition(self.params.len()));
        }
    }
}
