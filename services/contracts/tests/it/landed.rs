//! What has landed is not broken: the protos against `proto/landed.binpb`.

use prost_reflect::DescriptorPool;

use crate::breaking::breaking;
use crate::protos;

#[test]
fn what_landed_is_not_broken() {
    let path = protos::root().join("landed.binpb");
    let now = protos::on_disk();
    let landed = std::fs::read(&path).unwrap_or_default();
    let breaks = breaking(&DescriptorPool::decode(landed.as_slice()).unwrap(), &DescriptorPool::decode(now.as_slice()).unwrap());
    assert_eq!(breaks, Vec::<String>::new(), "a landed contract is broken: make a new version beside it (README of services/contracts)");
    if now != landed {
        assert_eq!(
            std::env::var("ENSUE_ACCEPT_PROTO").as_deref(),
            Ok("1"),
            "the protos were added to, and nothing is broken: run `ENSUE_ACCEPT_PROTO=1 cargo test -p contracts` and commit proto/landed.binpb",
        );
        std::fs::write(&path, now).unwrap();
    }
}

/// A small landed contract.
const LANDED: &str = r#"syntax = "proto3"; package ensue.a.v1; import "ensue/options/v1/options.proto";
    message A {
      option (ensue.options.v1.contract) = {type: "a.done", kind: KIND_EVENT, key: "id", aggregate: "a", service: "a"};
      string id = 1; int32 count = 2; repeated string names = 3; oneof one { string x = 4; string y = 5; }
    }
    message B {}
    enum E { E_UNSPECIFIED = 0; E_ONE = 1; }
    message GetRequest {} message GetResponse {}
    service AService { rpc Get(GetRequest) returns (GetResponse); }"#;

/// What the landed contract breaks by when `what` becomes `instead`.
fn breaks(what: &str, instead: &str) -> Vec<String> {
    assert!(LANDED.contains(what));
    let pool = |text: &str| protos::written(&[("ensue/a/v1/a.proto", text)]);
    breaking(&pool(LANDED), &pool(&LANDED.replacen(what, instead, 1)))
}

#[test]
fn additions_break_nothing() {
    assert_eq!(breaks("int32 count = 2;", "int32 count = 2; string more = 9;"), Vec::<String>::new());
    assert_eq!(breaks("E_ONE = 1;", "E_ONE = 1; E_TWO = 2;"), Vec::<String>::new());
    assert_eq!(breaks("message B {}", "message B { string b = 1; } message C {}"), Vec::<String>::new());
    assert_eq!(breaks("int32 count = 2;", "reserved 2; reserved \"count\";"), Vec::<String>::new());
}

#[test]
fn each_break_is_named() {
    let count = |instead| breaks("int32 count = 2;", instead);
    assert_eq!(count("int64 count = 2;"), ["FIELD_WIRE_JSON_COMPATIBLE_TYPE ensue.a.v1.A.count"]);
    assert_eq!(count("repeated int32 count = 2;"), ["FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY ensue.a.v1.A.count"]);
    assert_eq!(count("optional int32 count = 2;"), ["FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY ensue.a.v1.A.count"]);
    assert_eq!(count("int32 count = 2 [json_name = \"c\"];"), ["FIELD_SAME_JSON_NAME ensue.a.v1.A.count"]);
    assert_eq!(count("int32 number = 2;"), ["FIELD_SAME_NAME ensue.a.v1.A.count", "FIELD_SAME_JSON_NAME ensue.a.v1.A.count"]);
    assert_eq!(
        count(""),
        ["FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED ensue.a.v1.A.count", "FIELD_NO_DELETE_UNLESS_NAME_RESERVED ensue.a.v1.A.count"]
    );
    assert_eq!(
        breaks("string y = 5; }", "} string y = 5;"),
        ["FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY ensue.a.v1.A.y", "FIELD_SAME_ONEOF ensue.a.v1.A.y"]
    );
    assert_eq!(breaks("message B {}", ""), ["MESSAGE_NO_DELETE ensue.a.v1.B"]);
    assert_eq!(breaks("E_ONE = 1;", ""), ["ENUM_VALUE_NO_DELETE_UNLESS_RESERVED ensue.a.v1.E_ONE"]);
    assert_eq!(breaks("E_ONE = 1;", "E_UNO = 1;"), ["ENUM_VALUE_SAME_NAME ensue.a.v1.E_ONE"]);
    assert_eq!(breaks("rpc Get(GetRequest) returns (GetResponse);", ""), ["RPC_NO_DELETE ensue.a.v1.AService.Get"]);
    assert_eq!(breaks("returns (GetResponse)", "returns (stream GetResponse)"), ["RPC_SAME_SERVER_STREAMING ensue.a.v1.AService.Get"]);
    assert_eq!(breaks("\"a.done\"", "\"a.finished\""), ["CONTRACT_SAME ensue.a.v1.A"]);
    assert_eq!(breaks("key: \"id\"", "key: \"x\""), ["CONTRACT_SAME ensue.a.v1.A"]);
}
