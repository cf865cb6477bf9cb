//! The suite of stores, on both of them.

mod sqlite {
    testkit::store_suite!(sqlite);
}

mod postgres {
    testkit::store_suite!(postgres);
}

#[test]
fn every_written_fact_is_run() {
    let suite = include_str!("../../src/store_suite.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store_suite");
    let mut facts = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for fact in text.lines().filter_map(|line| line.strip_prefix("pub async fn ")?.strip_suffix(": Home) {")) {
            let fact = fact.split('(').next().unwrap();
            assert!(suite.lines().any(|line| line.trim() == format!("{fact},")), "{fact} is written and never run");
            facts += 1;
        }
    }
    assert!(facts > 50);
}
