//! The same by the provider's own ledger, which our payments cannot write: a double charge would show here.

use std::collections::BTreeMap;

use contracts::payments::v1::{Payment, ProviderCharge};

use super::finding::Finding;
use super::money::{self, Amounts, add, charged, kept, owed, put};
use super::picture::Picture;

/// The ledger against orders in all, and against payments one by one.
pub fn findings(picture: &Picture) -> Vec<Finding> {
    let (mut expected, mut found) = (Amounts::new(), Amounts::new());
    picture.orders.values().for_each(|order| add(&mut expected, &owed(order)));
    let (mut keys, mut references) = (BTreeMap::<&str, Vec<&ProviderCharge>>::new(), BTreeMap::<&str, &str>::new());
    let mut balance: BTreeMap<&str, Amounts> = BTreeMap::new(); // by payment id
    for charge in picture.charges.iter().filter(|entry| entry.kind == "charge") {
        put(&mut found, charge.amount.as_ref(), 1);
        put(balance.entry(&charge.idempotency_key).or_default(), charge.amount.as_ref(), 1);
        keys.entry(&charge.idempotency_key).or_default().push(charge);
        references.insert(&charge.provider_reference, &charge.idempotency_key);
    }
    let mut differences = Vec::new();
    for refund in picture.charges.iter().filter(|entry| entry.kind == "refund") {
        put(&mut found, refund.amount.as_ref(), -1);
        match references.get(refund.charge_reference.as_str()) {
            Some(payment_id) => put(balance.entry(payment_id).or_default(), refund.amount.as_ref(), -1),
            None => differences
                .push(format!("refund {} is of charge {}, which is not there", refund.provider_reference, refund.charge_reference)),
        }
    }
    for (payment_id, charges) in keys.iter().filter(|(_, charges)| charges.len() > 1) {
        differences.push(format!("payment {payment_id} was charged {} times", charges.len()));
    }
    let payments: BTreeMap<&str, &Payment> = picture.payments.iter().map(|payment| (payment.payment_id.as_str(), payment)).collect();
    for payment_id in balance.keys().filter(|payment_id| !payments.contains_key(**payment_id)) {
        differences.push(format!("payment {payment_id} was charged, and payments do not know it"));
    }
    for (payment_id, payment) in payments {
        let (ours, theirs) = (nonzero(kept(payment)), nonzero(balance.remove(payment_id).unwrap_or_default()));
        if ours != theirs {
            let (ours, theirs) = (money::text(&ours), money::text(&theirs));
            differences.push(format!("payment {payment_id} of order {}: {ours} by us, {theirs} by the provider", payment.order_id));
        } else if charged(payment) && !keys.contains_key(payment_id) {
            differences.push(format!("payment {payment_id} of order {}: the provider never charged it", payment.order_id));
        }
    }
    if differences.is_empty() && nonzero(expected.clone()) != nonzero(found.clone()) {
        differences.push("the sums differ".to_owned());
    }
    vec![Finding::new("provider: charged less refunded", money::text(&expected), money::text(&found), differences)]
}

fn nonzero(mut amounts: Amounts) -> Amounts {
    amounts.retain(|_, minor| *minor != 0);
    amounts
}
