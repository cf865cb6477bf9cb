//! The values that orders are made of.

use catalogue::types::v1 as types;
use contracts_orders::v1 as orders;

use crate::domain::{Address, Contact, Item, Money, PaymentDetails, Placed, ReturnedLine, Status};

/// The status on the wire.
pub fn status(status: Status) -> orders::OrderStatus {
    match status {
        Status::Pending => orders::OrderStatus::Pending,
        Status::Reserved => orders::OrderStatus::Reserved,
        Status::Paid => orders::OrderStatus::Paid,
        Status::Shipping => orders::OrderStatus::Shipping,
        Status::Confirmed => orders::OrderStatus::Confirmed,
        Status::Dispatched => orders::OrderStatus::Dispatched,
        Status::Delivered => orders::OrderStatus::Delivered,
        Status::Cancelled => orders::OrderStatus::Cancelled,
        Status::CompensationFailed => orders::OrderStatus::CompensationFailed,
        Status::Returned => orders::OrderStatus::Returned,
    }
}

/// The status of that number; `None` for UNSPECIFIED and for numbers that are none.
pub fn status_of(number: i32) -> Option<Status> {
    Status::ALL.into_iter().find(|known| status(*known) as i32 == number)
}

pub(super) fn money(money: &Money) -> types::Money {
    types::Money { minor_units: money.minor_units, currency: money.currency.clone() }
}

pub(super) fn money_of(wire: &types::Money) -> Money {
    Money::new(wire.minor_units, wire.currency.clone())
}

pub(super) fn contact(contact: &Contact) -> Option<types::Contact> {
    (*contact != Contact::default()).then(|| types::Contact {
        email: contact.email.clone(),
        phone: contact.phone.clone(),
        locale: contact.locale.clone(),
        device_token: contact.device_token.clone(),
    })
}

pub(super) fn contact_of(wire: Option<&types::Contact>) -> Contact {
    wire.map_or_else(Contact::default, |wire| Contact {
        email: wire.email.clone(),
        phone: wire.phone.clone(),
        locale: wire.locale.clone(),
        device_token: wire.device_token.clone(),
    })
}

/// Whom it belongs to, so that nobody needs to ask back.
pub(super) fn customer(placed: &Placed) -> Option<types::Customer> {
    Some(types::Customer { user_id: placed.user_id.clone(), contact: contact(&placed.contact) })
}

pub(super) fn address(address: &Address) -> types::Address {
    types::Address {
        recipient: address.recipient.clone(),
        lines: address.lines.clone(),
        city: address.city.clone(),
        region: address.region.clone(),
        postal_code: address.postal_code.clone(),
        country: address.country.clone(),
    }
}

pub(super) fn address_of(wire: &types::Address) -> Address {
    Address {
        recipient: wire.recipient.clone(),
        lines: wire.lines.clone(),
        city: wire.city.clone(),
        region: wire.region.clone(),
        postal_code: wire.postal_code.clone(),
        country: wire.country.clone(),
    }
}

pub(super) fn payment(payment: &PaymentDetails) -> Option<orders::PaymentDetails> {
    (*payment != PaymentDetails::default()).then(|| orders::PaymentDetails { method: payment.method.clone(), token: payment.token.clone() })
}

pub(super) fn payment_of(wire: Option<&orders::PaymentDetails>) -> PaymentDetails {
    wire.map_or_else(PaymentDetails::default, |wire| PaymentDetails { method: wire.method.clone(), token: wire.token.clone() })
}

pub(super) fn item(item: &Item) -> orders::OrderItem {
    orders::OrderItem {
        product_id: item.product_id.clone(),
        sku_id: item.sku_id.clone(),
        quantity: item.quantity.cast_signed(),
        unit_price: Some(money(&item.unit_price)),
        name: item.name.clone(),
    }
}

pub(super) fn items(placed: &Placed) -> Vec<orders::OrderItem> {
    placed.items.iter().map(item).collect()
}

pub(super) fn item_of(wire: &orders::OrderItem) -> Item {
    Item {
        product_id: wire.product_id.clone(),
        sku_id: wire.sku_id.clone(),
        name: wire.name.clone(),
        quantity: pieces(wire.quantity),
        unit_price: wire.unit_price.as_ref().map_or_else(|| Money::new(0, ""), money_of),
    }
}

pub(super) fn line(product_id: &str, sku_id: &str, quantity: u32) -> types::Line {
    types::Line { product_id: product_id.to_owned(), sku_id: sku_id.to_owned(), quantity: quantity.cast_signed() }
}

pub(super) fn returned_line_of(wire: &types::Line) -> ReturnedLine {
    ReturnedLine { product_id: wire.product_id.clone(), sku_id: wire.sku_id.clone(), quantity: pieces(wire.quantity) }
}

/// Fewer than none is none; the domain refuses it then.
pub(super) fn pieces(quantity: i32) -> u32 {
    u32::try_from(quantity).unwrap_or(0)
}
