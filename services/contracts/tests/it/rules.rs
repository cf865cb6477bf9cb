//! Required fields and ranges.

use contracts::notifications::v1::SendNotificationRequest;
use contracts::orders::v1::{ListOrdersRequest, OrderItem, PaymentDetails, PlaceOrderRequest};
use contracts::types::v1::Money;
use contracts::users::v1::{GoalKind, SetGoalRequest};
use contracts::workouts::v1::{UpdateWorkoutRequest, WorkoutCompleted};
use contracts::{Contract, Violation, check};

use crate::ALL;

fn item(product: &str, quantity: i32) -> OrderItem {
    let unit_price = Some(Money { minor_units: 100, currency: "CNY".into() });
    OrderItem { product_id: product.into(), quantity, unit_price, ..Default::default() }
}

fn good() -> PlaceOrderRequest {
    PlaceOrderRequest {
        user_id: "user-1".into(),
        items: vec![item("PROD-001", 2), item("PROD-003", 1)],
        payment: Some(PaymentDetails { method: "card".into(), token: "tok_ok".into() }),
        ..Default::default()
    }
}

/// What is wrong with the good request after `change`.
fn wrong(change: impl FnOnce(&mut PlaceOrderRequest)) -> Vec<String> {
    let mut request = good();
    change(&mut request);
    check(&request).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_request_passes() {
    assert_eq!(check(&good()), Ok(()));
}

#[test]
fn each_violation_names_its_field_by_path() {
    assert_eq!(wrong(|request| request.items.clear()), ["items: is required"]);
    assert_eq!(wrong(|request| request.items[1].quantity = 0), ["items[1].quantity: must be at least 1, is 0"]);
    assert_eq!(wrong(|request| request.items[0].quantity = i32::MAX), ["items[0].quantity: must be at most 10000, is 2147483647"]);
    assert_eq!(wrong(|request| request.items[0].product_id.clear()), ["items[0].product_id: is required"]);
    assert_eq!(wrong(|request| request.payment = None), ["payment: is required"]);
    let price = |currency: &str| Some(Money { minor_units: -1, currency: currency.into() });
    assert_eq!(
        wrong(|request| request.items[0].unit_price = price("cny")),
        [
            "items[0].unit_price.minor_units: must be at least 0, is -1",
            "items[0].unit_price.currency: must be an ISO 4217 code: three upper-case letters"
        ]
    );
}

#[test]
fn ids_are_single_subject_tokens() {
    for bad in ["a.b", "a b", "*", ">", "ü", "a/b", &"x".repeat(65)] {
        assert_eq!(wrong(|request| request.user_id = bad.into()), ["user_id: must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -"]);
    }
    assert_eq!(wrong(|request| request.user_id = "x".repeat(64)), Vec::<String>::new());
    assert_eq!(wrong(|request| request.request_id = Some("a.b".into())).len(), 1);
}

#[test]
fn texts_are_bounded_also_where_the_proto_says_nothing() {
    let long = wrong(|request| request.payment.as_mut().unwrap().token = "x".repeat(10_000_000));
    assert_eq!(long, ["payment.token: must have at most 128 characters, has 10000000"]);
    let token = ListOrdersRequest { page_token: "é".repeat(1_025), ..Default::default() };
    assert_eq!(check(&token).unwrap_err()[0].description, "must have at most 1024 characters, has 1025");
    let nul = ListOrdersRequest { page_token: "a\0b".into(), ..Default::default() };
    assert_eq!(check(&nul).unwrap_err()[0].description, "must not contain U+0000");
}

#[test]
fn lists_and_maps_are_bounded() {
    let many = wrong(|request| request.items = vec![item("p", 1); 101]);
    assert_eq!(many, ["items: must have at most 100 items, has 101"]);
    let data = |key: &str, value: &str| SendNotificationRequest { data: [(key.to_owned(), value.to_owned())].into(), ..Default::default() };
    assert_eq!(check(&data("name", &"x".repeat(1_001))).unwrap_err()[0].field, "data[\"name\"]");
    assert_eq!(check(&data("name", "Ann")), Ok(()));
}

#[test]
fn an_enum_number_that_nobody_knows_is_refused() {
    let request = ListOrdersRequest { status: 99, ..Default::default() };
    assert_eq!(check(&request).unwrap_err()[0].to_string(), "status: 99 is no value of OrderStatus");
}

#[test]
fn times_stay_in_the_years_people_write() {
    let from = |seconds, nanos| ListOrdersRequest { from: Some(prost_types::Timestamp { seconds, nanos }), ..Default::default() };
    assert_eq!(check(&from(1_763_717_400, 5)), Ok(()));
    for bad in [from(i64::MAX, 0), from(i64::MIN, 0), from(0, -1), from(0, i32::MAX)] {
        assert_eq!(check(&bad).unwrap_err()[0].to_string(), "from: must be a time of the years 1 to 9999");
    }
}

#[test]
fn a_time_is_not_before_the_one_it_follows() {
    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let workout = |started_at, ended_at| UpdateWorkoutRequest {
        user_id: "user-1".into(),
        workout_id: "w1".into(),
        started_at,
        ended_at,
        ..Default::default()
    };
    for good in [workout(at(5), at(5)), workout(at(5), at(6)), workout(None, at(1)), workout(at(5), None)] {
        assert_eq!(check(&good), Ok(()));
    }
    assert_eq!(check(&workout(at(5), at(4))).unwrap_err(), [Violation::new("ended_at", "must not be before started_at")]);
    // The door's way, and that of whoever publishes a list.
    let by_hand = br#"{"user_id":"u","workout_id":"w","started_at":"2026-11-20T07:00:00.000000001Z","ended_at":"2026-11-20T07:00:00Z"}"#;
    let found = ALL.from_json(WorkoutCompleted::SCHEMA, by_hand, &[]).unwrap_err();
    assert_eq!(found, [Violation::new("ended_at", "must not be before started_at")]);
}

#[test]
fn what_a_time_is_not_before_is_a_time_beside_it() {
    let option = ALL.pool().get_extension_by_name("ensue.options.v1.rules").unwrap();
    let mut named = 0;
    for field in ALL.pool().all_messages().flat_map(|message| message.fields().collect::<Vec<_>>()) {
        let options = field.options();
        let rules = options.get_extension(&option);
        let other = rules.as_message().unwrap().get_field_by_name("not_before").unwrap().as_str().unwrap().to_owned();
        if other.is_empty() {
            continue;
        }
        let beside = field.parent_message().get_field_by_name(&other);
        for field in [Some(field.clone()), beside] {
            let kind = field.unwrap_or_else(|| panic!("there is no {other}")).kind();
            assert_eq!(kind.as_message().map(|message| message.full_name()), Some("google.protobuf.Timestamp"), "{other}");
        }
        named += 1;
    }
    assert!(named > 0);
}

#[test]
fn a_time_zone_is_one_of_the_database() {
    let goal = |time_zone: &str| SetGoalRequest {
        user_id: "user-1".into(),
        kind: GoalKind::Workouts.into(),
        target: 1.0,
        time_zone: time_zone.into(),
        ..Default::default()
    };
    for good in ["", "UTC", "Asia/Shanghai", "Etc/GMT+12"] {
        assert_eq!(check(&goal(good)), Ok(()), "{good}");
    }
    for bad in ["Asia/Shangai", "Mars/Base", "+08:00", "CET-1CEST", "../../etc/passwd"] {
        let found = check(&goal(bad)).unwrap_err();
        assert_eq!(found, [Violation::new("time_zone", "must be an IANA time zone such as Asia/Shanghai")], "{bad}");
    }
}

#[test]
fn a_refusal_is_bounded_too() {
    assert_eq!(wrong(|request| request.items = vec![item("", 0); 200]).len(), 50);
}

#[test]
fn bytes_that_are_no_message_and_schemas_nobody_knows_are_violations() {
    assert!(ALL.violations("ensue.orders.v1.PlaceOrderRequest", b"\xff\xff")[0].description.starts_with("cannot be decoded"));
    assert_eq!(ALL.violations("ensue.none.v1.None", b"")[0].description, "unknown schema ensue.none.v1.None");
}
