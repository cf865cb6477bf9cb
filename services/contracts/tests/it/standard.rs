//! The protos keep buf's STANDARD rules.

use crate::{buf, protos};

#[test]
fn the_protos_keep_bufs_standard_rules() {
    assert_eq!(buf::standard(crate::ALL.pool()), Vec::<String>::new());
}

#[test]
fn a_proto_that_breaks_the_rules_is_told_which() {
    let pool = protos::written(&[
        (
            "ensue/bad/v1/BadName.proto",
            r#"syntax = "proto3"; package ensue.bad.v1; import "ensue/options/v1/options.proto"; import "ensue/bad/other.proto";
            message lower { string CamelCase = 1; ensue.Bad.Other other = 2; }
            enum Colour { RED = 0; }
            service Things { rpc get(lower) returns (lower); }"#,
        ),
        ("ensue/bad/other.proto", r#"syntax = "proto3"; package ensue.Bad; message Other {}"#),
    ]);
    let expected = [
        "ENUM_VALUE_PREFIX ensue.bad.v1.RED",
        "ENUM_ZERO_VALUE_SUFFIX ensue.bad.v1.RED",
        "FIELD_LOWER_SNAKE_CASE ensue.bad.v1.lower.CamelCase",
        "FILE_LOWER_SNAKE_CASE ensue/bad/v1/BadName.proto",
        "IMPORT_USED ensue/bad/v1/BadName.proto ensue/options/v1/options.proto",
        "MESSAGE_PASCAL_CASE ensue.bad.v1.lower",
        "PACKAGE_DIRECTORY_MATCH ensue/bad/other.proto",
        "PACKAGE_LOWER_SNAKE_CASE ensue/bad/other.proto",
        "PACKAGE_VERSION_SUFFIX ensue/bad/other.proto",
        "RPC_PASCAL_CASE ensue.bad.v1.Things.get",
        "RPC_REQUEST_RESPONSE_UNIQUE ensue.bad.v1.lower",
        "RPC_REQUEST_STANDARD_NAME ensue.bad.v1.Things.get",
        "RPC_RESPONSE_STANDARD_NAME ensue.bad.v1.Things.get",
        "SERVICE_SUFFIX ensue.bad.v1.Things",
    ];
    assert_eq!(buf::standard(&pool), expected);
}

#[test]
fn packages_that_import_each_other_are_told() {
    let pool = protos::written(&[
        (
            "ensue/a/v1/one.proto",
            r#"syntax = "proto3"; package ensue.a.v1; import "ensue/b/v1/b.proto"; message One { ensue.b.v1.B b = 1; }"#,
        ),
        ("ensue/a/v1/two.proto", r#"syntax = "proto3"; package ensue.a.v1; message Two {}"#),
        (
            "ensue/b/v1/b.proto",
            r#"syntax = "proto3"; package ensue.b.v1; import "ensue/a/v1/two.proto"; message B { ensue.a.v1.Two two = 1; }"#,
        ),
    ]);
    assert_eq!(buf::standard(&pool), ["PACKAGE_NO_IMPORT_CYCLE ensue.a.v1", "PACKAGE_NO_IMPORT_CYCLE ensue.b.v1"]);
}
