//! Old payloads, read as new.

use contracts::Contract;
use contracts::orders::{v1, v2};
use contracts::types::v1::Money;
use prost::Message;
use prost::bytes::Bytes;

use crate::ALL;

fn old() -> v1::OrderPlaced {
    v1::OrderPlaced {
        order_id: "o-1".into(),
        user_id: "u-1".into(),
        contact: Some(contracts::types::v1::Contact { email: "a@example.com".into(), ..Default::default() }),
        items: vec![v1::OrderItem { product_id: "p".into(), quantity: 2, ..Default::default() }],
        total: Some(Money { minor_units: 200, currency: "CNY".into() }),
        payment: Some(v1::PaymentDetails { method: "card".into(), token: "tok_ok".into() }),
        status: v1::OrderStatus::Pending.into(),
        created_at: Some(prost_types::Timestamp { seconds: 1_763_717_400, nanos: 0 }),
        saga_id: "s-1".into(),
    }
}

#[test]
fn an_order_of_the_first_form_gets_an_empty_address_and_a_mark() {
    let (schema, payload) = ALL.upcast(v1::OrderPlaced::SCHEMA, old().encode_to_vec().into()).unwrap();
    assert_eq!(schema, v2::OrderPlaced::SCHEMA);
    let new = v2::OrderPlaced::decode(payload).unwrap();
    assert!(new.address_unknown && new.shipping_address.is_none());
    // What both forms have keeps its number, so the rest is the old event byte for byte.
    let rest = v2::OrderPlaced { address_unknown: false, ..new };
    assert_eq!(rest.encode_to_vec(), old().encode_to_vec());
}

#[test]
fn what_is_newest_or_unknown_comes_back_untouched() {
    for schema in [v2::OrderPlaced::SCHEMA, "ensue.none.v1.None"] {
        let payload = Bytes::from_static(b"\xffwhatever");
        let (same, untouched) = ALL.upcast(schema, payload.clone()).unwrap();
        assert_eq!((same.as_ref(), untouched), (schema, payload));
    }
}

#[test]
fn an_old_payload_that_is_broken_is_an_error() {
    let error = ALL.upcast(v1::OrderPlaced::SCHEMA, Bytes::from_static(b"\xff")).unwrap_err();
    assert!(error.to_string().starts_with("payload cannot be read as ensue.orders.v1.OrderPlaced"));
}

#[test]
fn every_old_version_leads_to_the_newest() {
    for entry in ALL.entries() {
        for version in &entry.versions {
            let (schema, _) = ALL.upcast(version, Bytes::new()).unwrap();
            assert_eq!(schema, entry.schema, "{version} has no step to the newest version");
        }
    }
}

#[test]
fn a_later_version_of_a_known_message_is_newer_and_nothing_else_is() {
    assert!(ALL.is_newer("ensue.orders.v3.OrderPlaced"));
    assert!(ALL.is_newer("ensue.orders.v2.OrderConfirmed"));
    for not in ["ensue.orders.v1.OrderPlaced", "ensue.orders.v2.OrderPlaced", "ensue.orders.v0.OrderPlaced", "ensue.orders.v2.OrderEaten"] {
        assert!(!ALL.is_newer(not), "{not}");
    }
    for not in
        ["", ".", "OrderPlaced", "other.orders.v3.OrderPlaced", "ensue.orders.v99999999999.OrderPlaced", "ensue.orders.v+3.OrderPlaced"]
    {
        assert!(!ALL.is_newer(not), "{not}");
    }
}
