//! What holds for every type.

use std::collections::BTreeSet;

use ::catalogue::EVERY_SERVICE;
use contracts::{Contract, Kind};
use prost_reflect::Kind as FieldKind;

use crate::ALL;

#[test]
fn every_type_has_two_parts_and_says_all_that_is_needed() {
    assert!(!ALL.entries().is_empty());
    for entry in ALL.entries() {
        let type_ = &entry.type_;
        let parts: Vec<&str> = type_.split('.').collect();
        let good = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(parts.len() == 2 && parts.iter().all(good), "{type_} has not two parts of lower_snake");
        assert!(!entry.aggregate.is_empty(), "{type_} has no aggregate");
        assert!(!entry.service.is_empty(), "{type_} has no producer");
        assert!(entry.doc.ends_with(['.', ')']) && entry.doc.len() > 10, "{type_} has no doc line: {:?}", entry.doc);
        assert!(type_.len() <= 128);
        assert_eq!(entry.versions.last(), Some(&entry.schema));
        if entry.kind == Kind::Command {
            assert_eq!(entry.service, parts[0], "{type_} names another service than the one that receives it");
            assert!(entry.by_hand || !entry.senders.is_empty(), "nobody sends {type_}");
        }
    }
}

#[test]
fn every_key_is_a_required_id_of_each_version() {
    for entry in ALL.entries() {
        for schema in &entry.versions {
            let message = ALL.pool().get_message_by_name(schema).unwrap();
            for name in [Some(&entry.key_field), entry.natural_key.as_ref()].into_iter().flatten() {
                let field = message.get_field_by_name(name).unwrap_or_else(|| panic!("{schema} has no field {name}"));
                assert_eq!(field.kind(), FieldKind::String, "{schema}.{name}");
                assert!(!field.is_list() && !field.supports_presence(), "{schema}.{name} is no plain string");
            }
            let empty = ALL.violations(schema, &[]);
            assert!(empty.iter().any(|found| found.field == entry.key_field), "{schema}: an empty key is not refused");
        }
    }
}

#[test]
fn no_name_means_two_things() {
    let mut names = BTreeSet::new();
    for entry in ALL.entries() {
        for name in entry.aliases.iter().chain([&entry.type_]) {
            assert!(names.insert(name), "{name} is used twice");
        }
    }
}

#[test]
fn one_service_writes_each_domain() {
    for domain in ALL.domains() {
        let writers: BTreeSet<&str> = ALL
            .entries()
            .iter()
            .filter(|entry| entry.kind == Kind::Event && entry.owner() == domain)
            .map(|entry| entry.service.as_str())
            .collect();
        assert_eq!(writers.len(), 1, "{domain} is written by {writers:?}");
        assert_eq!(domain == "system", writers.contains(EVERY_SERVICE));
    }
}

#[test]
fn the_names_and_keys_are_those_of_the_services_page() {
    let order = |domain: &str, names: &str| names.split(' ').map(|name| (format!("{domain}.{name}"), "order")).collect::<Vec<_>>();
    let mut expected = order("order", "placed status_updated confirmed cancelled returned");
    expected.extend(order("payment", "completed failed refunded"));
    expected.extend(order("shipment", "created failed cancelled dispatched delivered"));
    expected.extend(order("inventory", "reserved reservation_failed released deducted returned"));
    expected.extend(["stock_changed", "restocked", "low_stock"].map(|name| (format!("inventory.{name}"), "product")));
    expected.extend(["requested", "sent", "failed"].map(|name| (format!("notification.{name}"), "notification")));
    expected.extend(["error", "warning", "metrics"].map(|name| (format!("system.{name}"), "component")));
    for (domain, names) in [
        ("workout", "started data_uploaded completed processed analysis_requested updated deleted"),
        ("achievement", "progress_updated unlocked milestone_reached"),
        ("social", "followed unfollowed liked commented"),
        ("user", "registered profile_updated deleted acted goal_set goal_achieved"),
    ] {
        expected.extend(names.split(' ').map(|name| (format!("{domain}.{name}"), "user")));
    }
    for (type_, aggregate) in expected {
        let entry = ALL.find_kind(Kind::Event, &type_).unwrap_or_else(|| panic!("{type_} is not in the catalogue"));
        assert_eq!(entry.aggregate, aggregate, "{type_}");
        assert_eq!(entry.key_field, format!("{aggregate}_id").replace("component_id", "component"), "{type_}");
    }
}

#[test]
fn seed_names_are_known() {
    let seed = [
        ("order.created", "order.placed"),
        ("order.status.updated", "order.status_updated"),
        ("inventory.updated", "inventory.reserved"),
        ("inventory.check.failed", "inventory.reservation_failed"),
        ("event.processing.failed", "system.error"),
        ("notification.send", "notification.requested"),
        ("social.follow", "social.followed"),
        ("social.unfollow", "social.unfollowed"),
        ("social.like", "social.liked"),
        ("social.comment", "social.commented"),
        ("user.created", "user.registered"),
        ("user.updated", "user.profile_updated"),
        ("user.action", "user.acted"),
    ];
    for (old, ours) in seed {
        assert_eq!(ALL.find(old).map(|entry| entry.type_.as_str()), Some(ours));
    }
}

#[test]
fn only_facts_from_outside_are_open_to_the_hand() {
    let open: Vec<&str> = ALL.entries().iter().filter(|entry| entry.by_hand).map(|entry| entry.type_.as_str()).collect();
    for closed in ["order.confirmed", "payment.completed", "inventory.reserve", "payments.charge", "workout.processed"] {
        assert!(ALL.find(closed).is_some() && !open.contains(&closed));
    }
    for expected in
        ["notification.requested", "inventory.restock", "inventory.withdraw", "notifications.send", "workout.completed", "user.acted"]
    {
        assert!(open.contains(&expected), "{expected} is not open");
    }
}

#[test]
fn the_trait_and_the_catalogue_agree() {
    use contracts::{inventory::v1::RestockProduct, orders};
    let entry = ALL.by_schema(orders::v1::OrderPlaced::SCHEMA).unwrap();
    assert_eq!(entry.type_, orders::v2::OrderPlaced::TYPE);
    assert_eq!(entry.schema, orders::v2::OrderPlaced::SCHEMA);
    assert_eq!(entry.hand_schema(), orders::v1::OrderPlaced::SCHEMA);
    assert_eq!(RestockProduct { product_id: "milk".into(), ..Default::default() }.key(), "milk");
    assert_eq!(RestockProduct::KIND, Kind::Command);
    assert_eq!(ALL.find_kind(Kind::Event, RestockProduct::TYPE), None);
    assert!(ALL.services().contains(&"inventory") && !ALL.services().contains(&EVERY_SERVICE));
    assert_eq!(ALL.domains_of("payments"), ["payment"]);
    assert_eq!(ALL.domains_of("events"), Vec::<&str>::new());
}
