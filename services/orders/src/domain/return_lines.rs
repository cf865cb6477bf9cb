//! Goods of a delivered order that come back, all or some.

use super::{Event, Fault, Money, Order, Rejection, ReturnedLine, Status, Violation};

/// Takes goods back: never more than was bought and is not back yet, the same product in several lines added up.
/// The last piece makes the order RETURNED.
pub fn return_lines(order: &Order, lines: &[ReturnedLine], reason: &str) -> Result<Vec<Event>, Rejection> {
    if order.status != Status::Delivered {
        return Err(Rejection::ForbiddenTransition { from: order.status, to: Status::Returned });
    }
    check(lines)?;
    let mut after = order.clone();
    let mut refund = order.placed.total.none_of();
    for (index, line) in lines.iter().enumerate() {
        let left = after.out(&line.product_id, &line.sku_id);
        let price = unit_price(order, line).filter(|_| line.quantity <= left);
        let too_much = || Rejection::ReturnsTooMuch { index, product_id: line.product_id.clone(), requested: line.quantity, left };
        // The sum of some of the items fits where the total did.
        refund = price.and_then(|price| price.times(line.quantity)).and_then(|price| refund.plus(&price)).ok_or_else(too_much)?;
        after.apply(&Event::Returned { lines: vec![line.clone()], refund: refund.none_of(), reason: String::new() });
    }
    let mut events = vec![Event::Returned { lines: lines.to_vec(), refund, reason: reason.to_owned() }];
    if after.all_returned() {
        events.push(Event::StatusUpdated { previous_status: order.status, status: Status::Returned, reason: reason.to_owned() });
    }
    Ok(events)
}

fn check(lines: &[ReturnedLine]) -> Result<(), Rejection> {
    let mut faults: Vec<Violation> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.quantity == 0)
        .map(|(index, _)| Violation::new(format!("lines[{index}].quantity"), Fault::OutOfRange, "must be at least 1"))
        .collect();
    if lines.is_empty() {
        faults.push(Violation::new("lines", Fault::Required, "say what comes back"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Rejection::Invalid(faults)) }
}

/// One product has one price in an order: the catalogue's when it was placed.
fn unit_price<'a>(order: &'a Order, line: &ReturnedLine) -> Option<&'a Money> {
    order.placed.items.iter().find(|item| item.is(&line.product_id, &line.sku_id)).map(|item| &item.unit_price)
}
