//! What people write by hand, and what they are shown.

use contracts::inventory::v1::RestockProduct;
use contracts::orders::v2::OrderPlaced;
use contracts::{Contract, Violation};
use prost::Message;
use serde_json::json;

use crate::ALL;

const KEY: &[(&str, &str)] = &[("product_id", "whole-milk")];

fn restock(json: &str) -> Result<RestockProduct, Vec<String>> {
    let bytes = ALL.from_json(RestockProduct::SCHEMA, json.as_bytes(), KEY);
    let bytes = bytes.map_err(|found: Vec<Violation>| found.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    Ok(RestockProduct::decode(bytes.as_slice()).unwrap())
}

#[test]
fn the_key_comes_from_the_subject() {
    let expected = RestockProduct { product_id: "whole-milk".into(), quantity: 500, sku_id: String::new() };
    for good in [
        r#"{"quantity":500}"#,
        r#"{"quantity":"500"}"#,
        r#"{"quantity":500,"product_id":null}"#,
        r#"{"quantity":500,"product_id":"whole-milk"}"#,
        r#"{"quantity":500,"productId":"whole-milk"}"#,
    ] {
        assert_eq!(restock(good), Ok(expected.clone()), "{good}");
    }
}

#[test]
fn a_key_that_contradicts_the_subject_is_refused() {
    for bad in [r#"{"quantity":500,"product_id":"butter"}"#, r#"{"quantity":500,"productId":"butter"}"#] {
        assert_eq!(restock(bad), Err(vec![r#"product_id: is "butter", but the subject says "whole-milk""#.to_owned()]));
    }
}

#[test]
fn an_unknown_field_is_a_typo_and_named() {
    assert_eq!(restock(r#"{"quantity":500,"quantitiy":1}"#), Err(vec!["quantitiy: is no known field".to_owned()]));
    let placed = br#"{"order_id":"o","user_id":"u","items":[{"product_id":"p","quantity":1},{"product_id":"p","qty":1}]}"#;
    let found = ALL.from_json(OrderPlaced::SCHEMA, placed, &[]).unwrap_err();
    assert_eq!(found, [Violation::new("items[1].qty", "is no known field")]);
    assert!(ALL.from_foreign_json(OrderPlaced::SCHEMA, placed).is_ok(), "a service may know more than we do");
}

#[test]
fn what_has_the_wrong_type_is_named() {
    for (bad, field) in [
        (r#"{"quantity":"many"}"#, "quantity"),
        (r#"{"quantity":1.5}"#, "quantity"),
        (r#"{"quantity":99999999999999999999}"#, "quantity"),
        (r#"{"quantity":[1]}"#, "quantity"),
        (r#"{"quantity":1,"sku_id":7}"#, "sku_id"),
    ] {
        let found = ALL.from_json(RestockProduct::SCHEMA, bad.as_bytes(), KEY).unwrap_err();
        assert_eq!(found.iter().map(|found| found.field.as_str()).collect::<Vec<_>>(), [field], "{bad}");
    }
    let placed = r#"{"order_id":"o","items":[{"quantity":1},{"quantity":"x"}],"created_at":"yesterday","total":5,"contact":{"email":[]}}"#;
    let found = ALL.from_json(OrderPlaced::SCHEMA, placed.as_bytes(), &[]).unwrap_err();
    let mut fields: Vec<&str> = found.iter().map(|found| found.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["contact.email", "created_at", "items[1].quantity", "total"]);
}

#[test]
fn the_protos_rules_hold_by_hand() {
    assert_eq!(restock(r#"{"quantity":0}"#), Err(vec!["quantity: must be at least 1, is 0".to_owned()]));
    assert_eq!(restock("{}"), Err(vec!["quantity: must be at least 1, is 0".to_owned()]));
}

#[test]
fn what_is_no_json_object_is_refused() {
    for bad in ["", "null", "[]", "7", "{", "\u{feff}{}", &"[".repeat(100_000), &r#"{"a":"#.repeat(100_000)] {
        let found = ALL.from_json(RestockProduct::SCHEMA, bad.as_bytes(), KEY).unwrap_err();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].field, "");
    }
    assert!(ALL.from_json("ensue.none.v1.None", b"{}", &[]).is_err());
}

#[test]
fn people_are_shown_the_protos_names_and_plain_numbers() {
    let payload = RestockProduct { product_id: "whole-milk".into(), quantity: 500, sku_id: String::new() }.encode_to_vec();
    assert_eq!(ALL.to_json(RestockProduct::SCHEMA, &payload), Ok(json!({"product_id": "whole-milk", "quantity": 500})));
    assert!(ALL.to_json(RestockProduct::SCHEMA, b"\xff").is_err());
    assert!(ALL.to_json("ensue.none.v1.None", &payload).is_err());
    let created_at = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: -7 });
    let odd = OrderPlaced { order_id: "o".into(), created_at, ..Default::default() }.encode_to_vec();
    assert!(ALL.to_json(OrderPlaced::SCHEMA, &odd).is_err(), "a time that is none");
}

#[test]
fn json_and_protobuf_say_the_same() {
    let placed = json!({
        "order_id": "o-1", "user_id": "u-1", "contact": {"email": "a@example.com", "locale": "zh-CN"},
        "items": [{"product_id": "PROD-001", "quantity": 2, "unit_price": {"minor_units": 699900, "currency": "CNY"}}],
        "total": {"minor_units": 1399800, "currency": "CNY"}, "payment": {"method": "card", "token": "tok_ok"},
        "status": "ORDER_STATUS_PENDING", "created_at": "2025-11-21T09:30:00.123456Z", "saga_id": "s-1",
        "shipping_address": {"lines": ["Main Street 1"], "city": "Shanghai", "country": "CN"},
    });
    let bytes = ALL.from_json(OrderPlaced::SCHEMA, placed.to_string().as_bytes(), &[]).unwrap();
    assert_eq!(ALL.to_json(OrderPlaced::SCHEMA, &bytes), Ok(placed));
}

#[test]
fn a_workout_by_hand_needs_its_start() {
    let schema = contracts::workouts::v1::WorkoutCompleted::SCHEMA;
    let completed = |start: &str| {
        let json =
            format!(r#"{{"workout_id":"w1",{start}"duration_s":1800,"distance_m":5000,"calories_kcal":320,"heart_rate_bpm":[90,140]}}"#);
        ALL.from_json(schema, json.as_bytes(), &[("user_id", "user-1")])
    };
    let bytes = completed(r#""started_at":"2026-11-20T06:30:00Z","#).unwrap();
    assert_eq!(ALL.to_json(schema, &bytes).unwrap()["user_id"], "user-1");
    assert_eq!(completed("").unwrap_err(), [Violation::new("started_at", "is required")]);
    let odd = r#"{"workout_id":"w1","started_at":"2026-11-20T06:30:00Z","distance_m":"NaN","heart_rate_bpm":[90,301]}"#;
    let found = ALL.from_json(schema, odd.as_bytes(), &[("user_id", "user-1")]).unwrap_err();
    assert_eq!(found.iter().map(|found| found.field.as_str()).collect::<Vec<_>>(), ["distance_m", "heart_rate_bpm[1]"]);
}
