//! Asking the owners of the logs how far they are: what was lost at the end shows nowhere else.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::fill;
use super::reached::Slot;
use super::run::sources;
use super::session::Session;

impl Session<'_> {
    /// Asks how far the owners are: a lost tail shows nowhere else.
    pub(super) fn ask_heads(&mut self) {
        let broker = self.setup.broker.clone();
        let streams: Vec<String> = self.places.keys().cloned().collect();
        let mut asked: Vec<String> = streams.iter().flat_map(|stream| sources(&self.setup.catalogue, stream)).collect();
        // Nobody answers for a foreign stream.
        asked.extend(self.reached.all().map(|(source, ..)| source.to_owned()).filter(|source| !source.is_empty()));
        asked.sort_unstable();
        asked.dedup();
        let answers = self.heads.0.clone();
        self.tasks.spawn(async move {
            let mut all = Vec::new();
            for source in asked {
                // Who is not there has nothing to say; it is asked again.
                let Ok(heads) = fill::heads(broker.as_ref(), &source).await else { continue };
                let ours = heads.into_iter().filter(|(stream, _, _)| streams.contains(stream));
                all.extend(ours.map(|(stream, partition, head)| (Slot { source: source.clone(), stream, partition }, head)));
            }
            let _ = answers.send(all).await;
        });
        // Tasks that are done.
        while self.tasks.try_join_next().is_some() {}
    }

    pub(super) fn compare(&mut self, heads: Vec<(Slot, u64)>) {
        let mut ahead = HashMap::new();
        let mut lag = 0;
        for (slot, head) in heads {
            let reached = self.reached.get(&slot);
            if head <= reached || !self.owned.has(slot.partition) {
                continue;
            }
            lag += head - reached;
            // Behind at two looks, with nothing between: it is not just on its way.
            if self.ahead.get(&slot) == Some(&reached) {
                self.gap(slot.clone(), head, None);
            }
            ahead.insert(slot, reached);
        }
        self.ahead = ahead;
        self.handle.state.lag.store(lag, Ordering::Relaxed);
        metrics::gauge!("ensue_consumer_lag", "consumer" => self.handle.name.clone()).set(lag as f64);
    }
}
