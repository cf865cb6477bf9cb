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
    use super::*;

    #[test]
    fn the_plan_can_be_used() {
        assert_eq!(plan(&config::Saga::default()).validate(), Ok(()));
    }
}
