//! What was charged, less what was given back, is the worth of the standing orders: by the payments' own word.

use std::collections::BTreeMap;

use contracts::orders::v1::Order;
use contracts::payments::v1::{Payment, PaymentStatus};
use contracts::types::v1::Money;
use ensue_cli::text::count;

use super::finding::Finding;
use super::orders::by_order;
use super::picture::{Picture, stands};

/// Minor units by currency.
pub type Amounts = BTreeMap<String, i64>;

/// Payments against orders.
pub fn findings(picture: &Picture) -> Vec<Finding> {
    let by_order = by_order(&picture.payments, |payment| &payment.order_id);
    let (mut expected, mut found, mut differences) = (Amounts::new(), Amounts::new(), Vec::new());
    for payment in &picture.payments {
        add(&mut found, &kept(payment));
        if !picture.orders.contains_key(&payment.order_id) {
            differences.push(format!("payment {} is of order {}, which nobody knows", payment.payment_id, payment.order_id));
        }
        if payment.status() == PaymentStatus::Pending {
            differences.push(format!("payment {} of order {} is pending", payment.payment_id, payment.order_id));
        }
    }
    for order in picture.orders.values() {
        let owed = owed(order);
        add(&mut expected, &owed);
        let payments = by_order.get(&order.order_id).map(Vec::as_slice).unwrap_or_default();
        let taken: Vec<&&Payment> = payments.iter().filter(|payment| charged(payment)).collect();
        if taken.len() > 1 || (stands(order) && taken.is_empty()) {
            differences.push(format!("order {}: {} that took money", order.order_id, count(taken.len(), "payment")));
        }
        let mut paid = Amounts::new();
        taken.iter().for_each(|payment| add(&mut paid, &kept(payment)));
        paid.retain(|_, minor| *minor != 0);
        if paid != owed {
            differences.push(format!("order {}: {} owed, {} kept", order.order_id, text(&owed), text(&paid)));
        }
    }
    vec![Finding::new("payments: charged less refunded", text(&expected), text(&found), differences)]
}

/// What the order's owner should have paid by now: its total less what was given back, or nothing.
pub fn owed(order: &Order) -> Amounts {
    let mut owed = Amounts::new();
    if stands(order) {
        put(&mut owed, order.total.as_ref(), 1);
        put(&mut owed, order.refunded.as_ref(), -1);
    }
    owed.retain(|_, minor| *minor != 0);
    owed
}

/// What of a payment stayed here.
pub fn kept(payment: &Payment) -> Amounts {
    let mut kept = Amounts::new();
    if charged(payment) {
        put(&mut kept, payment.amount.as_ref(), 1);
        put(&mut kept, payment.refunded.as_ref(), -1);
    }
    kept
}

/// The provider said yes to it once.
pub fn charged(payment: &Payment) -> bool {
    matches!(payment.status(), PaymentStatus::Completed | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded)
}

pub fn put(amounts: &mut Amounts, money: Option<&Money>, sign: i64) {
    if let Some(money) = money.filter(|money| money.minor_units != 0) {
        *amounts.entry(money.currency.clone()).or_default() += sign * money.minor_units;
    }
}

pub fn add(amounts: &mut Amounts, more: &Amounts) {
    for (currency, minor) in more {
        *amounts.entry(currency.clone()).or_default() += minor;
    }
}

/// `123 CNY, 7 EUR`, in minor units.
pub fn text(amounts: &Amounts) -> String {
    let parts: Vec<String> =
        amounts.iter().filter(|(_, minor)| **minor != 0).map(|(currency, minor)| format!("{minor} {currency}")).collect();
    if parts.is_empty() { "0".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_name_their_currency_and_leave_out_nothing_owed() {
        let owed = Amounts::from([("CNY".to_owned(), 5), ("EUR".to_owned(), 0)]);
        assert_eq!(text(&owed), "5 CNY");
        assert_eq!(text(&Amounts::new()), "0");
    }
}
