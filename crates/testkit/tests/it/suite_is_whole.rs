//! The list in the suite's macro names every fact that is written.

#[test]
fn every_written_fact_is_run() {
    let list = include_str!("../../src/broker_suite.rs");
    let modules = [
        include_str!("../../src/broker_suite/objects.rs"),
        include_str!("../../src/broker_suite/outages.rs"),
        include_str!("../../src/broker_suite/publishing.rs"),
        include_str!("../../src/broker_suite/reading.rs"),
        include_str!("../../src/broker_suite/requests.rs"),
        include_str!("../../src/broker_suite/streams.rs"),
    ];
    for line in modules.iter().flat_map(|text| text.lines()).filter_map(|line| line.strip_prefix("pub async fn ")) {
        let fact = line.split('(').next().unwrap();
        assert!(list.lines().any(|line| line.trim() == fact), "{fact} is written and never run");
    }
}
