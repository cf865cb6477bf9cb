//! Whatever is wrong with a call, it comes to an end.

use store::{StoreError, params};

use super::{Desk, How, Say, World, planned};
use crate::rig::{Rig, both};

both! {
    a_call_that_panics_is_tried_again_and_given_up,
    what_can_not_be_read_is_a_dead_letter_and_holds_up_nobody,
}

async fn a_call_that_panics_is_tried_again_and_given_up(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    let panics = |fails| Say { fails, how: How::Panic, ..Say::default() };
    desk.plan(vec![planned("twice", "k-1", panics(2)), planned("always", "k-2", panics(99))]).await;
    desk.run(&world);
    desk.done().await;
    assert_eq!((world.calls_of("twice"), world.calls_of("always")), (vec![1, 2, 3], vec![1, 2, 3, 4]));
    let mut answers = desk.answers().await;
    answers.sort();
    let given_up = ("always".to_owned(), 4, "given up: panic: lost for words".to_owned());
    assert_eq!(answers, [given_up, ("twice".to_owned(), 3, "hello twice".to_owned())]);
    desk.close().await;
}

async fn what_can_not_be_read_is_a_dead_letter_and_holds_up_nobody(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.plan(vec![planned("broken", "k", Say::default()), planned("behind", "k", Say::default())]).await;
    let sql = "UPDATE intents SET payload = $1 WHERE id = 'broken'";
    let broken = desk.store.write::<_, StoreError, _>(move |work| Box::pin(work.execute(sql, params![b"no json".as_slice()])));
    broken.await.expect("broken");
    desk.run(&world);
    desk.done().await;
    assert_eq!(desk.answers().await, [("behind".to_owned(), 1, "hello behind".to_owned())]);
    let row = desk.store.row("SELECT event_id, consumer, key, reason, error, payload FROM dead_letters", params![]).await;
    let row = row.expect("read").expect("one");
    let text = |column: &str| row.get::<String>(column).expect("a text");
    assert_eq!((text("event_id"), text("consumer"), text("key")), ("broken".into(), "orders-world".into(), "k".into()));
    assert_eq!((text("reason"), row.get::<Vec<u8>>("payload").expect("as it was")), ("rejected".into(), b"no json".to_vec()));
    assert!(text("error").contains("payload"), "{}", text("error"));
    desk.close().await;
}
