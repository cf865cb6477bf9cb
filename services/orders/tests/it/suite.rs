//! The order saga under every injection of the test kit, on a real store and a real broker; each scenario is an order of its own.

use std::collections::HashSet;

use contracts_orders::v1::OrderStatus;
use futures::StreamExt as _;
use orders::domain::Event;
use orders::order_saga::plan::{self, CHARGE, CONFIRM, RESERVE, SHIPMENT};
use saga::{Ledger, State};
use testkit::saga_suite::{Course, Scenario, World, check, scenarios};
use testkit::{Database, eventually};
use tokio::time::Duration;

use crate::participants::{Do, Undo};
use crate::shop::Shop;

/// Long, because two hundred orders share two processors.
const LONG: Duration = Duration::from_secs(60);
const STEP_MS: u64 = 3_000;

struct OneOrder<'a> {
    shop: &'a Shop,
    order_id: String,
}

impl World for OneOrder<'_> {
    async fn run(&mut self, scenario: &Scenario) -> Vec<Ledger> {
        let (shop, id) = (self.shop, self.order_id.as_str());
        match scenario.course {
            Course::Refused(step) => shop.script.on_do(id, step, Do::Refuse("injected")),
            Course::CommandLate(step) => shop.script.on_do(id, step, Do::Lost),
            Course::AnswerLate(step) | Course::CancelledDuring(step) => shop.script.on_do(id, step, Do::Late),
            Course::Completes | Course::CancelledWhenComplete => {}
        }
        if let Some(step) = scenario.undo_fails {
            shop.script.on_undo(id, step, Undo::FailOnce);
        }
        if let Some(step) = scenario.repeated {
            shop.script.twice(id, step);
        }
        shop.place(id).await;
        if let Course::CancelledDuring(step) = scenario.course {
            eventually(LONG, || async { shop.script.asked(id).contains(&(step, false)).then_some(()) }).await;
            shop.cancel(id).await.unwrap();
        }
        let mut ends = Vec::new();
        loop {
            let after = ends.last().map_or(0, |end: &Ledger| end.version);
            let end =
                eventually(LONG, || async { Some(shop.ledger(id).await).filter(|it| it.state.is_terminal() && it.version > after) }).await;
            let state = end.state;
            ends.push(end);
            match state {
                State::Completed if scenario.course == Course::CancelledWhenComplete => _ = shop.cancel(id).await.unwrap(),
                State::CompensationFailed if ends.len() < 4 => _ = shop.retry(id).await.unwrap(),
                _ => return ends,
            }
        }
    }

    async fn audit(&mut self, in_effect: &[&str]) {
        let mut found = self.shop.script.in_effect(&self.order_id);
        let events = self.shop.events(&self.order_id).await;
        if events.contains(&Event::Confirmed) {
            found.insert(CONFIRM);
        }
        assert_eq!(found, in_effect.iter().copied().collect::<HashSet<_>>(), "{}", self.order_id);
        self.shop.assert_row_is_the_sum_of_events(&self.order_id).await;
        let order = self.shop.order(&self.order_id).await;
        let ended = if in_effect.contains(&SHIPMENT) { OrderStatus::Confirmed } else { OrderStatus::Cancelled };
        assert_eq!(order.status(), ended, "{}", self.order_id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_injection_at_every_step_comes_to_its_end() {
    let shop = Shop::with(Database::Sqlite, |config| config.saga.step_timeout_ms = STEP_MS).await;
    let plan = plan::plan(&shop.process.config().saga);
    // What orders does by itself cannot be refused.
    let all: Vec<Scenario> = scenarios(&plan).into_iter().filter(|it| it.course != Course::Refused(CONFIRM)).collect();
    for step in [RESERVE, CHARGE, SHIPMENT] {
        assert!(all.iter().any(|it| it.course == Course::AnswerLate(step) && it.undo_fails == Some(step)), "{step}");
    }
    let worlds = all.iter().enumerate().map(|(at, scenario)| {
        let (shop, plan) = (&shop, &plan);
        async move { check(plan, scenario, &mut OneOrder { shop, order_id: format!("s-{at}") }).await }
    });
    futures::stream::iter(worlds).buffer_unordered(40).collect::<Vec<()>>().await;
    shop.assert_at_rest().await;
}
