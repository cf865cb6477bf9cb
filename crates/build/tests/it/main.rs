//! The build script's facts: what is wrong is told with file and line.

use std::path::Path;

use ensue_build::{Contracts, Fault};

/// The faults of one proto file, their places without the folder.
fn faults(text: &str) -> Vec<String> {
    let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path().join("bakery/v1/events.proto");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    let root = format!("{}/", folder.path().display());
    let told = |fault: &Fault| fault.to_string().replace(&root, "");
    Contracts::new(folder.path()).compile(out.path()).err().map(|faults| faults.0.iter().map(told).collect()).unwrap_or_default()
}

/// A contract with one thing changed.
fn changed(what: &str, instead: &str) -> Vec<String> {
    const GOOD: &str = r#"syntax = "proto3";
package bakery.v1;
import "ensue/options/v1/options.proto";

message BreadBaked {
  option (ensue.options.v1.contract) = {type: "bread.baked", kind: KIND_EVENT, key: "bread_id", aggregate: "bread", service: "bakery"};
  string bread_id = 1;
  string oven = 2;
  int32 loaves = 3;
}
"#;
    assert!(GOOD.contains(what), "{what}");
    faults(&GOOD.replacen(what, instead, 1))
}

#[test]
fn a_good_contract_has_no_fault() {
    assert_eq!(changed("bread.baked", "bread.baked"), Vec::<String>::new());
}

#[test]
fn a_key_that_is_no_text_field_is_told_with_those_that_are() {
    let at = "bakery/v1/events.proto:6:3: BreadBaked";
    assert_eq!(
        changed("key: \"bread_id\"", "key: \"loaf\""),
        [format!("{at}: the key \"loaf\" is no text field of it; it has bread_id, oven")]
    );
    assert_eq!(
        changed("key: \"bread_id\"", "key: \"loaves\""),
        [format!("{at}: the key \"loaves\" is no text field of it; it has bread_id, oven")]
    );
    assert_eq!(
        changed("string bread_id", "optional string bread_id"),
        [format!("{at}: the key \"bread_id\" is no text field of it; it has oven")]
    );
}

#[test]
fn what_the_contract_lacks_is_told_all_at_once() {
    let at = "bakery/v1/events.proto:6:3: BreadBaked";
    let found = changed(
        "{type: \"bread.baked\", kind: KIND_EVENT, key: \"bread_id\", aggregate: \"bread\", service: \"bakery\"}",
        "{type: \"baked\", key: \"bread_id\"}",
    );
    assert_eq!(
        found,
        [
            format!("{at}: the contract's type \"baked\" must be two words with a dot between them, such as \"bread.baked\""),
            format!("{at}: the contract lacks its kind: KIND_EVENT or KIND_COMMAND"),
            format!("{at}: the contract lacks aggregate: what the key names, such as \"bread\""),
            format!("{at}: the contract lacks service: who writes the event or obeys the command"),
        ]
    );
}

#[test]
fn what_does_not_parse_is_told_with_its_line() {
    let found = changed("string oven = 2;", "strin oven = 2;");
    assert_eq!(found, ["bakery/v1/events.proto:8:3: name 'strin' is not defined"]);
    assert!(changed("ensue/options/v1/options.proto", "ensue/option.proto")[0].contains("events.proto:3:"), "an import");
    assert!(changed("message BreadBaked {", "message BreadBaked")[0].contains("events.proto:6:"), "syntax");
}

#[test]
fn a_contract_inside_of_another_message_is_refused() {
    let nested = r#"syntax = "proto3"; package bakery.v1; import "ensue/options/v1/options.proto";
message Outer {
  message Inner { option (ensue.options.v1.contract) = {type: "a.b", kind: KIND_EVENT, key: "id", aggregate: "a", service: "a"}; string id = 1; }
}"#;
    assert_eq!(
        faults(nested),
        ["bakery/v1/events.proto:3:3: Inner: only a message of the top level may have a contract; move it out of Outer"]
    );
}

#[test]
fn a_folder_without_protos_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let told = Contracts::new(folder.path()).compile(Path::new("/nowhere")).unwrap_err();
    assert!(told.to_string().ends_with("holds no .proto"), "{told}");
}
