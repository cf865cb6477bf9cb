//! What orders hold or held.

use contracts_inventory::v1 as wire;
use messaging::headers::timestamp;
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Work, params};

use crate::announce::wire_lines;
use crate::domain::{Line, Reservation, ReservationStatus, ReservedLine};

/// A line in its JSON column.
#[derive(Serialize, Deserialize)]
struct Kept {
    product_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sku_id: String,
    quantity: u32,
    #[serde(default, skip_serializing_if = "is_none")]
    returned: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_none(pieces: &u32) -> bool {
    *pieces == 0
}

const STATES: [(ReservationStatus, &str, wire::ReservationState); 3] = [
    (ReservationStatus::Held, "open", wire::ReservationState::Open),
    (ReservationStatus::Deducted, "deducted", wire::ReservationState::Deducted),
    (ReservationStatus::Released, "released", wire::ReservationState::Released),
];

/// Adds an order's reservation; `false` = it has one already, which stays as it is.
pub(crate) async fn add(work: &mut Work, reservation: &Reservation) -> Result<bool, StoreError> {
    let sql = "INSERT INTO reservations (order_id, state, lines, created_at_us, updated_at_us) VALUES ($1, $2, $3, $4, $4) \
               ON CONFLICT (order_id) DO NOTHING";
    let params = params![&reservation.order_id, column(reservation.status), lines_column(reservation)?, work.now_us()];
    Ok(work.execute(sql, params).await? > 0)
}

/// Adds or replaces it.
pub(crate) async fn write(work: &mut Work, reservation: &Reservation) -> Result<(), StoreError> {
    let sql = "INSERT INTO reservations (order_id, state, lines, created_at_us, updated_at_us) VALUES ($1, $2, $3, $4, $4) \
               ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, lines = excluded.lines, updated_at_us = excluded.updated_at_us";
    let params = params![&reservation.order_id, column(reservation.status), lines_column(reservation)?, work.now_us()];
    work.execute(sql, params).await.map(|_| ())
}

/// The order's reservation, held until the commit.
pub(crate) async fn load(work: &mut Work, order_id: &str) -> Result<Option<Reservation>, StoreError> {
    let sql = format!("SELECT state, lines FROM reservations WHERE order_id = $1{}", work.for_update());
    let Some(row) = work.row(&sql, params![order_id]).await? else { return Ok(None) };
    let state: String = row.get("state")?;
    let (status, ..) = known(&state, |(_, column, _)| *column == state)?;
    Ok(Some(Reservation { order_id: order_id.to_owned(), status, lines: read_lines(&row)? }))
}

/// The column of a state that was asked for; `None` = any.
pub(crate) fn column_of(state: wire::ReservationState) -> Option<&'static str> {
    STATES.iter().find(|(_, _, wire)| *wire == state).map(|(_, column, _)| *column)
}

/// A row with all columns, as it is shown.
pub(crate) fn shown(row: &Row) -> Result<wire::Reservation, StoreError> {
    let column: String = row.get("state")?;
    let (_, _, state) = known(&column, |(_, known, _)| *known == column)?;
    Ok(wire::Reservation {
        order_id: row.get("order_id")?,
        state: state.into(),
        lines: wire_lines(read_lines(row)?.into_iter().map(|reserved| reserved.line)),
        created_at: Some(timestamp(row.get("created_at_us")?)),
        updated_at: Some(timestamp(row.get("updated_at_us")?)),
    })
}

type State = (ReservationStatus, &'static str, wire::ReservationState);

fn known(text: &str, is: impl Fn(&State) -> bool) -> Result<State, StoreError> {
    STATES.into_iter().find(|state| is(state)).ok_or_else(|| StoreError::Refused(format!("reservation state {text}")))
}

fn column(status: ReservationStatus) -> &'static str {
    match status {
        ReservationStatus::Held => "open",
        ReservationStatus::Deducted => "deducted",
        ReservationStatus::Released => "released",
    }
}

fn lines_column(reservation: &Reservation) -> Result<String, StoreError> {
    let kept = |reserved: &ReservedLine| {
        let Line { product_id, sku_id, quantity } = reserved.line.clone();
        Kept { product_id, sku_id, quantity, returned: reserved.returned }
    };
    let lines: Vec<Kept> = reservation.lines.iter().map(kept).collect();
    serde_json::to_string(&lines).map_err(|error| StoreError::Refused(error.to_string()))
}

fn read_lines(row: &Row) -> Result<Vec<ReservedLine>, StoreError> {
    let lines: Vec<Kept> =
        serde_json::from_str(&row.get::<String>("lines")?).map_err(|error| StoreError::Refused(format!("reservation lines: {error}")))?;
    let reserved = |Kept { product_id, sku_id, quantity, returned }| ReservedLine { line: Line { product_id, sku_id, quantity }, returned };
    Ok(lines.into_iter().map(reserved).collect())
}
