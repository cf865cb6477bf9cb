//! What callers ask for.

use catalogue::types::v1::Line;
use contracts_orders::v1::PlaceOrderRequest;
use prost_types::Timestamp;

use super::values::{address_of, contact_of, money_of, payment_of, pieces, returned_line_of};
use crate::domain::{Place, ReturnedLine, WantedItem};

/// The wish in a request, under this id.
pub fn wish(request: &PlaceOrderRequest, order_id: &str) -> Place {
    Place {
        order_id: order_id.to_owned(),
        // An order has one saga, under its own id.
        saga_id: order_id.to_owned(),
        user_id: request.user_id.clone(),
        contact: contact_of(request.contact.as_ref()),
        items: request
            .items
            .iter()
            .map(|item| WantedItem {
                product_id: item.product_id.clone(),
                sku_id: item.sku_id.clone(),
                quantity: pieces(item.quantity),
                unit_price: item.unit_price.as_ref().map(money_of),
            })
            .collect(),
        shipping_address: request.shipping_address.as_ref().map(address_of),
        payment: payment_of(request.payment.as_ref()),
    }
}

/// The lines of a return.
pub fn lines(lines: &[Line]) -> Vec<ReturnedLine> {
    lines.iter().map(returned_line_of).collect()
}

/// Microseconds since 1970 UTC.
pub fn micros(time: &Timestamp) -> i64 {
    time.seconds.saturating_mul(1_000_000).saturating_add(i64::from(time.nanos) / 1_000)
}
