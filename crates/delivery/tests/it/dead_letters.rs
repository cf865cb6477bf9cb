//! Nothing is dropped silently.

use std::time::Duration;

use messaging::Failure;

use crate::rig::{Effect, Rig, by_key, effects, eventually};

crate::rig::both!(an_exhausted_event_is_kept_with_its_history_and_announced, a_rejected_event_dies_at_once,);

async fn an_exhausted_event_is_kept_with_its_history_and_announced(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.quantity == 1).then(|| Failure::retry("no luck")));
    sink.consume(effects(&effect));
    source.restock_all(&["apple", "pear"], 0..3).await;
    eventually(Duration::from_secs(10), async || {
        (sink.count("SELECT COUNT(*) AS count FROM dead_letters WHERE state = 'open' AND reason = 'exhausted'").await == 2).then_some(())
    })
    .await;
    let history = sink.store.rows("SELECT history, payload, correlation_id FROM dead_letters", Vec::new()).await.unwrap();
    for row in &history {
        let attempts: Vec<delivery::dead::Attempt> = serde_json::from_str(&row.get::<String>("history").unwrap()).unwrap();
        assert_eq!(attempts.len(), 4);
        assert!(attempts.iter().all(|attempt| attempt.error.contains("no luck")));
        assert_eq!(row.get::<String>("correlation_id").unwrap(), "conversation");
    }
    assert_eq!(sink.count("SELECT COUNT(*) AS count FROM events WHERE type = 'system.error'").await, 2);
    let applied = sink.effects().await;
    assert!(by_key(&applied).values().all(|numbers| numbers == &vec![0]), "followers wait: {applied:?}");
    sink.stop().await;
    source.stop().await;
}

async fn a_rejected_event_dies_at_once(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.quantity == 1).then(|| Failure::dead("type: not this one")));
    sink.consume(effects(&effect));
    source.restock("apple", 0..3).await;
    eventually(Duration::from_secs(10), async || {
        (sink.count("SELECT COUNT(*) AS count FROM dead_letters WHERE reason = 'rejected' AND error = 'type: not this one'").await == 1)
            .then_some(())
    })
    .await;
    sink.stop().await;
    source.stop().await;
}
