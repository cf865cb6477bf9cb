//! The steps, their order and their time-outs.

use saga::{Plan, Step};
use service_host::config;

use crate::domain::reasons;

/// Inventory holds the goods.
pub const RESERVE: &str = "reserve_stock";
/// Payments takes the money.
pub const CHARGE: &str = "charge";
/// Shipping makes the shipment.
pub const SHIPMENT: &str = "create_shipment";
/// Orders itself says that it is done.
pub const CONFIRM: &str = "confirm";

/// The plan's name in ledgers and telemetry.
pub const NAME: &str = "order";
/// The full name of the consumer that is given the answers and acts on the timers.
pub const CONSUMER: &str = "orders-saga";

/// The plan. A verification of the user would stand before `RESERVE`: a line here, an arm in `conduct.rs`, its answers in `consumers/saga.rs`.
pub fn plan(times: &config::Saga) -> Plan {
    // An undo is durable and will be answered: its time-out fails nothing that a broker's longer absence has merely delayed, it calls for
    // somebody to look.
    let (step, undo) = (times.step_timeout(), times.timeout() * 5);
    Plan::new(NAME, times.timeout())
        .step(Step::new(RESERVE, step, reasons::SAGA_TIMEOUT).undo_timeout(undo))
        .step(Step::new(CHARGE, step, reasons::PAYMENT_TIMEOUT).undo_timeout(undo))
        .step(Step::new(SHIPMENT, step, reasons::SHIPPING_FAILED).undo_timeout(undo))
        .step(Step::local(CONFIRM))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use service_host::config::Config;

    use super::*;

    #[test]
    fn the_plan_can_be_used() {
        assert_eq!(plan(&config::Saga::default()).validate(), Ok(()));
    }

    #[test]
    fn by_default_payments_gives_up_before_its_step_does() {
        let config = Config::default();
        // Every attempt charges, and from the second on asks first.
        let calls = 2 * config.retry.attempts * u32::try_from(config.payments.timeout_ms).unwrap();
        let waits: u64 = (1..config.retry.attempts as usize).map(|at| config.retry.backoff_ms[at - 1]).sum();
        let longest = Duration::from_millis(calls.into()) + Duration::from_millis(waits).mul_f64(1.0 + config.retry.jitter);
        assert!(longest < config.saga.step_timeout(), "{longest:?} of {:?}", config.saga.step_timeout());
        assert!(config.saga.step_timeout() * 3 <= config.saga.timeout(), "the whole leaves room for its steps");
    }
}
