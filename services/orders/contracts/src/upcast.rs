//! Old orders made new on read.

use catalogue::Upcast;

use crate::{v1, v2};

/// The first form had no shipping address.
impl Upcast<v1::OrderPlaced> for v2::OrderPlaced {
    fn upcast(old: v1::OrderPlaced) -> Self {
        Self {
            order_id: old.order_id,
            user_id: old.user_id,
            contact: old.contact,
            items: old.items,
            total: old.total,
            payment: old.payment,
            status: old.status,
            created_at: old.created_at,
            saga_id: old.saga_id,
            shipping_address: None,
            address_unknown: true,
        }
    }
}
