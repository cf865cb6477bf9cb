//! Commands that may be sent again.

use futures::future::join_all;
use store::requests::{self, Known};
use store::{Store, StoreError};

use super::home::Home;
use super::notes::{jot, jotted, persist};

async fn find(store: &Store, method: &'static str, id: &'static str, digest: &'static str) -> Known {
    let work = store.write::<_, StoreError, _>(move |work| Box::pin(requests::find(work, method, id, digest)));
    work.await.unwrap()
}

/// By method and id; another body under the id is told apart.
pub async fn a_request_is_answered_again_with_its_first_answer(home: Home) {
    let store = home.open().await;
    assert_eq!(find(&store, "Place", "r-1", "digest").await, Known::New);
    for (id, answer) in [("r-1", &b"\0\xffanswer"[..]), ("r-2", b"")] {
        let kept = store.write::<(), StoreError, _>(move |work| {
            Box::pin(async move {
                requests::keep(work, "Place", id, "digest", answer).await?;
                assert_eq!(requests::find(work, "Place", id, "digest").await?, Known::Answered(answer.to_vec()));
                Ok(())
            })
        });
        kept.await.unwrap();
    }
    store.close().await;
    let store = home.open().await;
    assert_eq!(find(&store, "Place", "r-1", "digest").await, Known::Answered(b"\0\xffanswer".to_vec()));
    assert_eq!(find(&store, "Place", "r-2", "digest").await, Known::Answered(Vec::new()));
    assert_eq!(find(&store, "Place", "r-1", "another").await, Known::OtherBody);
    assert_eq!(find(&store, "Cancel", "r-1", "digest").await, Known::New);
    let again = store.write::<(), StoreError, _>(|work| Box::pin(requests::keep(work, "Place", "r-1", "digest", b"second")));
    assert!(matches!(again.await, Err(StoreError::Conflict(_))));
    assert_eq!(find(&store, "Place", "r-1", "digest").await, Known::Answered(b"\0\xffanswer".to_vec()));
}

/// Else a repeat would be answered with what never happened.
pub async fn an_answer_is_kept_only_with_the_work_that_earned_it(home: Home) {
    let store = home.open().await;
    let failed = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            requests::keep(work, "Place", "r-1", "digest", b"answer").await?;
            Err(StoreError::Refused("no".to_owned()))
        })
    });
    assert!(failed.await.is_err());
    assert_eq!(find(&store, "Place", "r-1", "digest").await, Known::New);
}

/// The others meet a conflict, or find its answer.
pub async fn of_equal_requests_at_once_one_is_done(home: Home) {
    let store = &home.open().await;
    let place = async |caller: usize| {
        let once = async || {
            let work = store.write::<Vec<u8>, StoreError, _>(move |work| {
                Box::pin(async move {
                    if let Known::Answered(answer) = requests::find(work, "Place", "r-1", "digest").await? {
                        return Ok(answer);
                    }
                    jot(work, &format!("caller-{caller}")).await?;
                    let answer = vec![caller as u8];
                    requests::keep(work, "Place", "r-1", "digest", &answer).await?;
                    Ok(answer)
                })
            });
            work.await
        };
        persist(once).await
    };
    let answers = join_all((0..16).map(place)).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    assert_eq!(jotted(store).await, [format!("caller-{}", answers[0][0])]);
}
