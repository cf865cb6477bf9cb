//! Settings of one service that another one's must allow for.

use std::time::Duration;

use payments::config::Payments;
use service_host::config::Config;

#[test]
fn by_default_payments_gives_up_before_its_step_does() {
    let config = Config::default();
    // Every attempt charges, and from the second on asks first.
    let calls = 2 * config.retry.attempts * u32::try_from(config.of::<Payments>().timeout_ms).unwrap();
    let waits: u64 = (1..config.retry.attempts as usize).map(|at| config.retry.backoff_ms[at - 1]).sum();
    let longest = Duration::from_millis(calls.into()) + Duration::from_millis(waits).mul_f64(1.0 + config.retry.jitter);
    assert!(longest < config.saga.step_timeout(), "{longest:?} of {:?}", config.saga.step_timeout());
    assert!(config.saga.step_timeout() * 3 <= config.saga.timeout(), "the whole leaves room for its steps");
}
