//! What became of the orders of an import, by the orders' own times: a restart in between is in them.

use std::collections::BTreeMap;
use std::fmt;

use contracts::orders::v1::{Order, OrderStatus};
use ensue_cli::text;

/// What the import prints.
#[derive(Debug)]
pub struct Summary {
    placed: usize,
    confirmed: usize,
    cancelled: BTreeMap<String, usize>,
    failed: usize,
    refused: BTreeMap<String, usize>,
    /// Microseconds from placed to confirmed, ascending.
    latencies: Vec<i64>,
    /// Microseconds from the first placed to the last ended.
    took: i64,
}

impl Summary {
    /// Counts orders that have ended.
    pub fn of(orders: &[Order], refused: &BTreeMap<String, usize>) -> Self {
        let mut summary = Self {
            placed: orders.len(),
            confirmed: 0,
            cancelled: BTreeMap::new(),
            failed: 0,
            refused: refused.clone(),
            latencies: Vec::new(),
            took: 0,
        };
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for order in orders {
            let placed = order.created_at.as_ref().map_or(0, text::microseconds);
            let ended = ended(order).unwrap_or(placed);
            (first, last) = (first.min(placed), last.max(ended));
            match order.status() {
                OrderStatus::Cancelled => *summary.cancelled.entry(order.status_reason.clone()).or_default() += 1,
                OrderStatus::CompensationFailed => summary.failed += 1,
                _ => {
                    summary.confirmed += 1;
                    summary.latencies.push(ended - placed);
                }
            }
        }
        summary.latencies.sort_unstable();
        summary.took = last.saturating_sub(first).max(0);
        summary
    }
}

impl Summary {
    /// The latency that so many of a hundred orders do not exceed; none where none was confirmed.
    fn latency_ms(&self, percent: usize) -> Option<f64> {
        let rank = (self.latencies.len() * percent).div_ceil(100);
        self.latencies.get(rank.checked_sub(1)?).map(|microseconds| *microseconds as f64 / 1e3)
    }
}

impl Summary {
    /// Every order was accepted and came to a proper end.
    pub fn is_good(&self) -> bool {
        self.failed == 0 && self.refused.is_empty()
    }
}

/// When its saga ended; where the ledger does not say, when the order last changed.
fn ended(order: &Order) -> Option<i64> {
    let saga = order.saga.as_ref().and_then(|saga| saga.finished_at.as_ref());
    saga.or(order.updated_at.as_ref()).map(text::microseconds)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "placed     {}", self.placed)?;
        writeln!(f, "confirmed  {}", self.confirmed)?;
        writeln!(f, "cancelled  {}", self.cancelled.values().sum::<usize>())?;
        for (reason, number) in &self.cancelled {
            writeln!(f, "             {number} {reason}")?;
        }
        if self.failed > 0 {
            writeln!(f, "failed     {} (compensation failed; see `ensue saga list`)", self.failed)?;
        }
        if !self.refused.is_empty() {
            writeln!(f, "refused    {}", self.refused.values().sum::<usize>())?;
            for (why, number) in self.refused.iter().take(20) {
                writeln!(f, "             {number} {}", why.lines().next().unwrap_or_default())?;
            }
        }
        if self.took > 0 {
            let seconds = self.took as f64 / 1e6;
            writeln!(
                f,
                "rate       {:.0} orders/s ({seconds:.1} s from the first placed to the last ended)",
                self.placed as f64 / seconds
            )?;
        }
        if let (Some(half), Some(most)) = (self.latency_ms(50), self.latency_ms(99)) {
            writeln!(f, "latency    p50 {half:.0} ms, p99 {most:.0} ms from placed to confirmed")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(status: OrderStatus, reason: &str, seconds: (i64, i64)) -> Order {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        Order {
            status: status.into(),
            status_reason: reason.to_owned(),
            created_at: at(seconds.0),
            updated_at: at(seconds.1),
            ..Order::default()
        }
    }

    #[test]
    fn what_was_cancelled_is_counted_by_reason() {
        let orders = [
            order(OrderStatus::Confirmed, "", (0, 1)),
            order(OrderStatus::Delivered, "", (1, 2)),
            order(OrderStatus::Cancelled, "payment_declined", (1, 4)),
        ];
        let text = Summary::of(&orders, &BTreeMap::new()).to_string();
        assert!(text.contains("confirmed  2\n") && text.contains("1 payment_declined"), "{text}");
        assert!(text.contains("rate       1 orders/s (4.0 s"), "{text}");
        assert!(text.contains("p50 1000 ms, p99 1000 ms"), "{text}");
    }
}
