//! Waiting for a fact without sleeping: ask again until it is there, or the deadline is over.

use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use tokio::time::Instant;

/// How long a fact may take to come true.
pub const SOON: Duration = Duration::from_secs(15);

/// Asks until there is an answer.
///
/// # Panics
/// After `within`, naming the line that waited.
#[track_caller]
pub fn eventually<T, F>(within: Duration, mut ask: impl FnMut() -> F) -> impl Future<Output = T>
where
    F: Future<Output = Option<T>>,
{
    let asked_at = Location::caller();
    async move {
        let deadline = Instant::now() + within;
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            assert!(Instant::now() < deadline, "not within {within:?}, waited for at {asked_at}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_ends_the_waiting() {
        let mut asked = 0;
        let answer = eventually(SOON, || {
            asked += 1;
            std::future::ready((asked == 3).then_some("here"))
        });
        assert_eq!(answer.await, "here");
    }

    #[tokio::test]
    #[should_panic(expected = "eventually.rs")]
    async fn what_never_comes_names_the_line_that_waited() {
        eventually(Duration::from_millis(1), || std::future::ready(None::<()>)).await;
    }
}
