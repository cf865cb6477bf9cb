//! What orders asks of the other services.

use catalogue::types::v1::Line;
use contracts_inventory::v1 as inventory;
use contracts_payments::v1 as payments;
use contracts_shipping::v1 as shipping;

use super::values::{address, customer, line, money};
use crate::domain::{Money, Placed, ReturnedLine};

fn lines(placed: &Placed) -> Vec<Line> {
    placed.items.iter().map(|item| line(&item.product_id, &item.sku_id, item.quantity)).collect()
}

/// Hold the goods.
pub fn reserve(placed: &Placed) -> inventory::ReserveStock {
    inventory::ReserveStock { order_id: placed.order_id.clone(), lines: lines(placed), customer: customer(placed) }
}

/// Undo: let the goods go.
pub fn release(placed: &Placed, reason: &str) -> inventory::ReleaseStock {
    inventory::ReleaseStock { order_id: placed.order_id.clone(), reason: reason.to_owned(), customer: customer(placed) }
}

/// Take the goods out of the stock for good.
pub fn deduct(placed: &Placed) -> inventory::DeductStock {
    inventory::DeductStock { order_id: placed.order_id.clone() }
}

/// Take goods back.
pub fn return_stock(placed: &Placed, return_id: &str, returned: &[ReturnedLine]) -> inventory::ReturnStock {
    inventory::ReturnStock {
        order_id: placed.order_id.clone(),
        return_id: return_id.to_owned(),
        lines: returned.iter().map(|it| line(&it.product_id, &it.sku_id, it.quantity)).collect(),
    }
}

/// Take the money.
pub fn charge(placed: &Placed, payment_id: &str) -> payments::ChargePayment {
    payments::ChargePayment {
        order_id: placed.order_id.clone(),
        payment_id: payment_id.to_owned(),
        amount: Some(money(&placed.total)),
        method: placed.payment.method.clone(),
        token: placed.payment.token.clone(),
        customer: customer(placed),
    }
}

/// Give money back; without an amount all that is left, which is the undo.
pub fn refund(placed: &Placed, refund_id: &str, amount: Option<&Money>, reason: &str) -> payments::RefundPayment {
    payments::RefundPayment {
        order_id: placed.order_id.clone(),
        refund_id: refund_id.to_owned(),
        amount: amount.map(money),
        reason: reason.to_owned(),
        customer: customer(placed),
    }
}

/// Make the shipment.
pub fn create_shipment(placed: &Placed) -> shipping::CreateShipment {
    shipping::CreateShipment {
        order_id: placed.order_id.clone(),
        lines: lines(placed),
        address: placed.shipping_address.as_ref().map(address),
        customer: customer(placed),
    }
}

/// Undo: stop the shipment.
pub fn cancel_shipment(placed: &Placed, reason: &str) -> shipping::CancelShipment {
    shipping::CancelShipment { order_id: placed.order_id.clone(), reason: reason.to_owned(), customer: customer(placed) }
}
