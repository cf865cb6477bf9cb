//! Many sets of contracts are one catalogue.

use catalogue::Catalogue;

use crate::written::{contracts, event};

#[test]
fn what_several_services_say_is_in_one_catalogue() {
    let bakery = contracts("bakery.v1", &event("BreadBaked", "bread.baked", "bakery", ", aliases: [\"bread.made\"]"));
    let mill = contracts("mill.v1", &event("FlourMilled", "flour.milled", "mill", ", by_hand: true, expires: true"));
    let catalogue = Catalogue::of([bakery, mill]).unwrap();
    assert_eq!(catalogue.domains(), ["bread", "flour", "system"]);
    assert_eq!(catalogue.services(), ["bakery", "mill"]);
    assert_eq!(catalogue.find("bread.made").map(|entry| entry.schema.as_str()), Some("bakery.v1.BreadBaked"));
    let flour = catalogue.by_schema("mill.v1.FlourMilled").unwrap();
    assert!(flour.by_hand && flour.expires);
    assert_eq!(catalogue.violations("mill.v1.FlourMilled", b"\x0a\x01/")[0].field, "id");
}

#[test]
fn reflection_gets_every_file_once() {
    let bakery = contracts("bakery.v1", &event("BreadBaked", "bread.baked", "bakery", ""));
    let mill = contracts("mill.v1", &event("FlourMilled", "flour.milled", "mill", ""));
    let catalogue = Catalogue::of([bakery, mill]).unwrap();
    let all = prost_reflect::DescriptorPool::decode(catalogue.descriptors()).unwrap();
    let names: Vec<String> = all.files().map(|file| file.name().to_owned()).collect();
    assert_eq!(names.iter().filter(|name| *name == "ensue/options/v1/options.proto").count(), 1);
    assert!(names.contains(&"bakery/v1/events.proto".to_owned()) && names.contains(&"mill/v1/events.proto".to_owned()));
}
