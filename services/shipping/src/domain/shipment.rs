//! A shipment, where it may stand, and every way from one place to another.

/// The parcel of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Also the idempotency key at the carrier; empty for an order that was let go before it had a shipment.
    pub shipment_id: String,
    pub order_id: String,
    pub lines: Vec<Line>,
    pub address: Address,
    pub status: Status,
    /// Why it failed or was cancelled; empty otherwise.
    pub reason: String,
    /// The carrier's number; empty until the carrier said yes.
    pub tracking_number: String,
}

/// So many pieces of a product.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Line {
    pub product_id: String,
    /// Empty where the product has no variants.
    pub sku_id: String,
    /// Pieces.
    pub quantity: u32,
}

/// Where the goods go; empty texts are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Address {
    pub recipient: String,
    /// Street and house number, one entry a line.
    pub lines: Vec<String>,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// Where a shipment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The carrier is being asked. Not for the public: until its word is in there is no shipment to see.
    Requested,
    /// Ready to go.
    Created,
    /// With the carrier.
    Dispatched,
    /// At the customer's.
    Delivered,
    /// Will not go.
    Cancelled,
    /// The carrier will not take it.
    Failed,
}

use Status::*;

/// Every allowed transition.
pub const TRANSITIONS: &[(Status, Status)] = &[
    (Requested, Created),
    (Requested, Failed),
    (Requested, Cancelled),
    (Created, Dispatched),
    (Created, Cancelled),
    (Dispatched, Delivered),
];

impl Status {
    /// All of them.
    pub const ALL: [Status; 6] = [Requested, Created, Dispatched, Delivered, Cancelled, Failed];

    /// Its name, as people, rejections and reasons say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Requested => "requested",
            Created => "created",
            Dispatched => "dispatched",
            Delivered => "delivered",
            Cancelled => "cancelled",
            Failed => "failed",
        }
    }

    /// Whether the table has this way.
    pub fn may_become(self, to: Status) -> bool {
        TRANSITIONS.contains(&(self, to))
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
