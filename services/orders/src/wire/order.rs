//! An order, as it is shown.

use contracts_orders::v1 as orders;
use messaging::headers::timestamp;
use saga::Ledger;

use super::values::{address, contact, items, line, money, payment, status};
use crate::store::Kept;

/// The order on the wire, with its ledger where it is asked for.
pub fn order(kept: &Kept, ledger: Option<&Ledger>) -> orders::Order {
    let (order, placed) = (&kept.order, &kept.order.placed);
    let returned = placed.items.iter().zip(&order.returned).filter(|(_, pieces)| **pieces > 0);
    orders::Order {
        order_id: placed.order_id.clone(),
        user_id: placed.user_id.clone(),
        contact: contact(&placed.contact),
        items: items(placed),
        total: Some(money(&placed.total)),
        shipping_address: placed.shipping_address.as_ref().map(address),
        payment: payment(&placed.payment),
        status: status(order.status).into(),
        status_reason: order.status_reason.clone(),
        created_at: Some(timestamp(kept.created_at_us)),
        updated_at: Some(timestamp(kept.updated_at_us)),
        saga: ledger.map(super::saga),
        correlation_id: kept.correlation_id.clone(),
        returned: returned.map(|(item, pieces)| line(&item.product_id, &item.sku_id, *pieces)).collect(),
        refunded: Some(money(&order.refunded)),
    }
}
