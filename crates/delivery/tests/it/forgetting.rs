//! What is kept only to tell repeats goes by and by; what can still come is remembered.

use std::time::Duration;

use delivery::trim::{self, TrimSettings};
use store::{StoreError, params, positions, requests};

use crate::rig::{Node, Rig};

crate::rig::both!(what_no_repeat_can_come_of_is_forgotten, a_tombstone_stays_while_its_do_may_be_redriven);

const NOTHING: TrimSettings = TrimSettings { every: Duration::ZERO, requests: Duration::ZERO, tombstones: Duration::ZERO };

async fn what_no_repeat_can_come_of_is_forgotten(rig: Rig) {
    let node = rig.sink().await;
    node.store
        .write::<_, StoreError, _>(|work| {
            Box::pin(async move {
                for n in 0..2_500 {
                    requests::keep(work, "PlaceOrder", &format!("request-{n}"), "digest", b"answer").await?;
                }
                let ids: Vec<String> = (0..2_500).map(|n| format!("id-{n}")).collect();
                positions::first_seen(work, "door", &ids, Some(Duration::ZERO)).await?;
                positions::first_seen(work, "door", &["soon".to_owned()], Some(Duration::from_secs(3600))).await?;
                positions::first_seen(work, "door", &["fact".to_owned()], None).await?;
                Ok(())
            })
        })
        .await
        .expect("written");
    assert_eq!(trim::once(&node.store, &TrimSettings::default()).await.expect("trimmed"), 2_500, "ids that were to be forgotten at once");
    assert_eq!(count(&node, "requests").await, 2_500, "not a month old");
    assert_eq!(trim::once(&node.store, &NOTHING).await.expect("trimmed"), 2_500);
    assert_eq!((count(&node, "requests").await, count(&node, "inbox").await), (0, 2));
    node.stop().await;
}

async fn a_tombstone_stays_while_its_do_may_be_redriven(rig: Rig) {
    let node = rig.sink().await;
    let sql = "INSERT INTO tombstones (type, key, at_us) VALUES ($1, $2, $3)";
    let letter = "INSERT INTO dead_letters (id, consumer, event_id, type, aggregate_type, key, subject, headers, payload, reason, error, fingerprint, \
                  history, correlation_id, traceparent, kind, state, died_at_us, settled_at_us, note) \
                  VALUES ('l', 'c', 'e', 'inventory.reserve', '', 'order-1', '', '', $1, '', '', '', '', '', '', '', 'open', 0, 0, '')";
    node.store
        .write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                for key in ["order-1", "order-2"] {
                    work.execute(sql, params!["inventory.reserve", key, 1_i64]).await?;
                }
                work.execute(letter, params![b"".as_slice()]).await
            })
        })
        .await
        .expect("written");
    assert_eq!(trim::once(&node.store, &TrimSettings::default()).await.expect("trimmed"), 1);
    let left = node.store.row("SELECT key FROM tombstones", params![]).await.expect("read").expect("one");
    assert_eq!(left.get::<String>("key").expect("key"), "order-1");
    node.stop().await;
}

async fn count(node: &Node, table: &str) -> i64 {
    node.count(&format!("SELECT COUNT(*) AS count FROM {table}")).await
}
