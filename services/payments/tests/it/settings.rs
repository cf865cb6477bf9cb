//! What can be set, and what is refused.

use service_host::config::{Config, Sources};

fn faults(flags: &[&str]) -> Vec<String> {
    let set = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let loaded = Config::load(&Sources { set, ..Sources::default() }, &payments::settings());
    loaded.err().map(|faults| faults.0.iter().map(ToString::to_string).collect()).unwrap_or_default()
}

#[test]
fn a_provider_has_some_time_for_its_answer() {
    assert_eq!(faults(&[]), [""; 0]);
    assert_eq!(faults(&["payments.timeout_ms=0"]), ["payments.timeout_ms (--set): must be between 1 ms and a day"]);
    let hint = "payments.simulator.latncy_ms (--set): there is no such key; did you mean payments.simulator.latency_ms?";
    assert_eq!(faults(&["payments.simulator.latncy_ms=1"]), [hint]);
}
