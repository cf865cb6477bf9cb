//! Contracts that do not fit together make no catalogue, and both places are named.

use crate::written::{contracts, event, faults};

#[test]
fn a_type_has_one_owner() {
    let bakery = contracts("bakery.v1", &event("BreadBaked", "bread.baked", "bakery", ""));
    let mill = contracts("mill.v1", &format!("\n\n{}", event("BreadBaked", "bread.baked", "mill", "")));
    assert_eq!(
        faults(&[bakery, mill]),
        [
            "type bread.baked has two owners: \"bakery\" in bakery.v1.BreadBaked (bakery/v1/events.proto:2), \"mill\" in mill.v1.BreadBaked (mill/v1/events.proto:4)"
        ]
    );
}

#[test]
fn one_type_is_one_message_in_its_versions() {
    let one = contracts("bakery.v1", &event("BreadBaked", "bread.baked", "bakery", ""));
    let other = contracts("bakery.extra.v1", &event("LoafBaked", "bread.baked", "bakery", ""));
    let found = faults(&[one, other]);
    assert!(
        found[0].contains("stands for two messages: bakery.v1.BreadBaked")
            || found[0].contains("stands for two messages: bakery.extra.v1.LoafBaked"),
        "{found:?}"
    );
}

#[test]
fn a_name_is_taken_once() {
    let body =
        event("BreadBaked", "bread.baked", "bakery", ", aliases: [\"bread.made\"]") + &event("BreadMade", "bread.made", "bakery", "");
    assert_eq!(
        faults(&[contracts("bakery.v1", &body)]),
        [
            "the name bread.made is taken twice: bakery.v1.BreadBaked (bakery/v1/events.proto:2) and bakery.v1.BreadMade (bakery/v1/events.proto:4)"
        ]
    );
    // The platform's own names are names too.
    let body = event("BreadBurnt", "bread.burnt", "bakery", ", aliases: [\"system.error\"]");
    assert!(faults(&[contracts("bakery.v1", &body)])[0].contains("the name system.error is taken twice"));
}

#[test]
fn nobody_makes_a_version_without_saying_how_the_old_one_becomes_it() {
    let one = contracts("bakery.v1", &event("BreadBaked", "bread.baked", "bakery", ""));
    let two = contracts("bakery.v2", &event("BreadBaked", "bread.baked", "bakery", ""));
    assert_eq!(
        faults(&[one, two]),
        [
            "type bread.baked: nothing makes bakery.v2.BreadBaked (bakery/v2/events.proto:2) of bakery.v1.BreadBaked (bakery/v1/events.proto:2); implement Upcast"
        ]
    );
}

#[test]
fn two_copies_of_a_file_that_went_their_own_ways_are_told() {
    let one = contracts("bakery.v1", &event("BreadBaked", "bread.baked", "bakery", ""));
    let other = contracts("bakery.v1", &event("BreadBurnt", "bread.burnt", "bakery", ""));
    assert_eq!(
        faults(&[one, other]),
        ["bakery/v1/events.proto is another file in descriptor set 3 than in 2: two copies of it went their own ways"]
    );
    assert_eq!(faults(&[one, one]), Vec::<String>::new());
}

#[test]
fn routes_and_rights_name_fields_that_are_there() {
    let service = |method: &str| {
        format!(
            "message GetBreadRequest {{ string id = 1; int32 size = 2; }} message GetBreadResponse {{}}\nservice BreadService {{ rpc GetBread(GetBreadRequest) returns (GetBreadResponse) {{ {method} }} }}"
        )
    };
    let told = |method: &str| faults(&[contracts("bakery.v1", &service(method))]).join("; ");
    assert_eq!(
        told(
            "option (google.api.http) = {get: \"/v1/bread/{id}\"}; option (ensue.options.v1.access) = {roles: [ROLE_CUSTOMER], owner: \"id\"};"
        ),
        ""
    );
    let at = "bakery.v1.BreadService.GetBread (bakery/v1/events.proto:3)";
    assert_eq!(
        told("option (google.api.http) = {get: \"/v1/bread/{bread}\"};"),
        format!("{at}: the route's {{bread}} is no field of GetBreadRequest")
    );
    assert_eq!(told("option (google.api.http) = {get: \"v1/bread\"};"), format!("{at}: the route \"v1/bread\" does not begin with /"));
    assert_eq!(
        told("option (google.api.http) = {post: \"/v1/bread\", body: \"bread\"};"),
        format!("{at}: the route's body \"bread\" is no field of GetBreadRequest")
    );
    assert_eq!(
        told("option (ensue.options.v1.access) = {owner: \"id\"};"),
        format!("{at}: its access names no role, or one that does not exist")
    );
    assert_eq!(
        told("option (ensue.options.v1.access) = {roles: [ROLE_CUSTOMER], owner: \"size\"};"),
        format!("{at}: the owner \"size\" is no text field of GetBreadRequest")
    );
}

#[test]
fn a_message_is_about_one_person() {
    let body = "message Baker { string id = 1 [(ensue.options.v1.subject) = true]; string twin = 2 [(ensue.options.v1.subject) = true];\n\
                int32 age = 3 [(ensue.options.v1.personal) = true]; string name = 4 [(ensue.options.v1.personal) = true]; }";
    let at = "bakery.v1.Baker (bakery/v1/events.proto:2)";
    assert_eq!(
        faults(&[contracts("bakery.v1", body)]),
        [
            format!("{at}: id and twin are both its subject; a message is about one"),
            format!("{at}: age can't be personal; texts, bytes and messages can"),
        ]
    );
}
