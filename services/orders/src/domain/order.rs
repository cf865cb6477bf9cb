//! An order as its events made it.

use super::{Event, Money, Placed, ReturnedLine, Status};

/// How the customer is reached; empty texts are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub email: String,
    pub phone: String,
    /// BCP 47: `en`, `zh-CN`.
    pub locale: String,
    /// Where push messages go.
    pub device_token: String,
}

/// Where the goods go; empty texts are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// How the order is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentDetails {
    /// `card`, `alipay`, `wechat_pay`, …
    pub method: String,
    /// The provider's.
    pub token: String,
}

/// One position of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub product_id: String,
    /// Empty where the product has no variants.
    pub sku_id: String,
    /// The product's name when the order was placed.
    pub name: String,
    /// Pieces bought.
    pub quantity: u32,
    /// For one piece, by the catalogue.
    pub unit_price: Money,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// As it was accepted.
    pub placed: Placed,
    pub status: Status,
    /// Why it stands there; empty where there is nothing to say.
    pub status_reason: String,
    /// Pieces that came back, item by item.
    pub returned: Vec<u32>,
    /// Money for what came back, so far.
    pub refunded: Money,
}

impl Order {
    /// An order that was just accepted.
    pub fn new(placed: Placed) -> Self {
        let (returned, refunded) = (vec![0; placed.items.len()], placed.total.none_of());
        Self { placed, status: Status::Pending, status_reason: String::new(), returned, refunded }
    }

    /// The order that these events make; `None` where they do not begin with its placing.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Self> {
        let mut events = events.into_iter();
        let Some(Event::Placed(placed)) = events.next() else { return None };
        let mut order = Self::new(Placed::clone(placed));
        events.for_each(|event| order.apply(event));
        Some(order)
    }

    /// Lets an event happen. Events are facts: nothing is checked.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Placed(placed) => *self = Self::new(Placed::clone(placed)),
            Event::StatusUpdated { status, reason, .. } => {
                self.status = *status;
                self.status_reason.clone_from(reason);
            }
            Event::Confirmed | Event::Cancelled { .. } => {}
            Event::Returned { lines, refund, .. } => {
                for line in lines {
                    self.take_back(line);
                }
                self.refunded.minor_units += refund.minor_units;
            }
        }
    }

    /// Pieces of this product and variant that were bought and did not come back, over all items.
    pub fn out(&self, product_id: &str, sku_id: &str) -> u32 {
        let items = self.placed.items.iter().zip(&self.returned);
        items.filter(|(item, _)| item.is(product_id, sku_id)).map(|(item, returned)| item.quantity.saturating_sub(*returned)).sum()
    }

    /// Everything came back.
    pub fn all_returned(&self) -> bool {
        self.placed.items.iter().zip(&self.returned).all(|(item, returned)| *returned >= item.quantity)
    }

    /// Counts the pieces against the items of that product, first item first.
    fn take_back(&mut self, line: &ReturnedLine) {
        let mut left = line.quantity;
        let items = self.placed.items.iter().zip(&mut self.returned);
        for (item, returned) in items.filter(|(item, _)| item.is(&line.product_id, &line.sku_id)) {
            let now = left.min(item.quantity.saturating_sub(*returned));
            *returned += now;
            left -= now;
        }
    }
}

impl Item {
    pub(super) fn is(&self, product_id: &str, sku_id: &str) -> bool {
        self.product_id == product_id && self.sku_id == sku_id
    }
}
