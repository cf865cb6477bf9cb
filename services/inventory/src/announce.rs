//! From what the domain decided to what is said on the log.

use ::catalogue::types::v1 as types;
use contracts_inventory::v1 as wire;
use messaging::Cause;
use store::{StoreError, Work};

use crate::domain::{Event, HeldLine, Line};
use crate::store::catalogue;

/// What events carry along that the domain does not decide upon.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words<'a> {
    /// Whose order it is.
    pub(crate) customer: Option<&'a types::Customer>,
    /// Why, in the asker's words.
    pub(crate) reason: &'a str,
    /// Which return it was.
    pub(crate) return_id: &'a str,
}

/// Emits them, in order.
pub(crate) async fn announce(work: &mut Work, cause: &Cause, events: &[Event], words: Words<'_>) -> Result<(), StoreError> {
    for event in events.iter().cloned() {
        match event {
            Event::Reserved { order_id, lines } => work.emit(cause, &reserved(order_id, lines, words)),
            Event::Released { order_id, lines, was_deducted } => {
                let (reason, customer) = (words.reason.to_owned(), words.customer.cloned());
                work.emit(cause, &wire::StockReleased { order_id, lines: wire_lines(lines), reason, was_deducted, customer });
            }
            Event::Deducted { order_id, lines } => work.emit(cause, &wire::StockDeducted { order_id, lines: wire_lines(lines) }),
            Event::Returned { order_id, lines } => {
                let return_id = words.return_id.to_owned();
                work.emit(cause, &wire::StockReturned { order_id, return_id, lines: wire_lines(lines) });
            }
            Event::Restocked { product_id, sku_id, quantity, stock } => {
                work.emit(cause, &wire::StockRestocked { product_id, sku_id, quantity, stock });
            }
            Event::Withdrawn { product_id } => {
                work.emit(cause, &wire::ProductWithdrawn { product_id, reason: words.reason.to_owned() });
            }
            Event::StockChanged { product_id, sku_id, delta, stock, available, cause: why, order_id } => {
                let why = why.as_str().to_owned();
                work.emit(cause, &wire::StockChanged { product_id, sku_id, delta, stock, cause: why, order_id, available });
            }
            Event::LowStock { product_id, sku_id, stock, threshold } => {
                // Rare, and nothing else needs the name: a statement of its own.
                let name = catalogue::name(work, &product_id).await?;
                work.emit(cause, &wire::LowStock { product_id, sku_id, stock, threshold, name });
            }
        }
    }
    Ok(())
}

fn reserved(order_id: String, lines: Vec<HeldLine>, words: Words<'_>) -> wire::StockReserved {
    let item = |held: HeldLine| wire::ReservedItem {
        product_id: held.line.product_id,
        sku_id: held.line.sku_id,
        quantity: pieces(held.line.quantity),
        remaining_stock: held.remaining_stock,
    };
    wire::StockReserved { order_id, items: lines.into_iter().map(item).collect(), customer: words.customer.cloned() }
}

/// The domain's lines as they travel.
pub(crate) fn wire_lines(lines: impl IntoIterator<Item = Line>) -> Vec<types::Line> {
    let wire = |line: Line| types::Line { product_id: line.product_id, sku_id: line.sku_id, quantity: pieces(line.quantity) };
    lines.into_iter().map(wire).collect()
}

/// Lines that came, checked; otherwise the field and what is wrong with it.
pub(crate) fn domain_lines(lines: &[types::Line]) -> Result<Vec<Line>, String> {
    if lines.is_empty() {
        return Err("lines: must have at least one".to_owned());
    }
    let line = |(at, line): (usize, &types::Line)| {
        let quantity = u32::try_from(line.quantity).ok().filter(|quantity| *quantity > 0);
        let quantity = quantity.ok_or_else(|| format!("lines[{at}].quantity: {} is not at least 1", line.quantity))?;
        Ok(Line { product_id: line.product_id.clone(), sku_id: line.sku_id.clone(), quantity })
    };
    lines.iter().enumerate().map(line).collect()
}

/// What came in as `int32` goes out as one.
fn pieces(quantity: u32) -> i32 {
    i32::try_from(quantity).unwrap_or(i32::MAX)
}
