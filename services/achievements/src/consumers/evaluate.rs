//! A new rule over the history: everybody's counts, a page a transaction, driven by a timer that sets itself again.
//!
//! The rule counts for new events from the commit that created it. Both sides lock the user's row, and what was announced stands beside it:
//! whoever comes first announces, the other finds nothing new.

use delivery::TimerHandler;
use messaging::{Cause, Done, Outcome};
use store::timers::{self, Timer};
use store::{StoreError, Work};

use super::ACTOR;
use crate::announce::announce;
use crate::store::{Book, rules};

/// Users a transaction.
const PAGE: usize = 1_000;

/// Has a rule evaluated for everybody, beginning now.
pub async fn begin(work: &mut Work, cause: Cause, rule_id: &str) -> Result<(), StoreError> {
    let now = work.now_us();
    timers::set(work, ACTOR, &page_after("", rule_id, cause, now)).await
}

/// Takes the next page of users.
pub struct Evaluate;

impl TimerHandler for Evaluate {
    async fn fire(&self, timer: Timer, work: &mut Work) -> Outcome {
        let rule_id = timer.key;
        let mut book = Book::page(work, &rule_id, &timer.payload, PAGE).await?;
        let Some(rule) = rules::active(work).await?.into_iter().find(|rule| rule.id == rule_id) else {
            return Ok(Done); // retired meanwhile
        };
        let people = book.people();
        // Not the actor of the page before: what follows from this one must not get the ids of what followed from that.
        let cause = Cause { actor: format!("{ACTOR}/{rule_id}/{}", timer.payload), ..timer.cause.clone() };
        for user_id in &people {
            for news in book.person(user_id).judge([&rule]) {
                announce(work, &cause, user_id, &news);
            }
        }
        book.close(work).await?;
        if let Some(last) = people.last().filter(|_| people.len() == PAGE) {
            let now = work.now_us();
            timers::set(work, ACTOR, &page_after(last, &rule_id, timer.cause, now)).await?;
        }
        Ok(Done)
    }
}

fn page_after(last: &str, rule_id: &str, cause: Cause, due_us: i64) -> Timer {
    Timer { id: format!("evaluate/{rule_id}"), key: rule_id.to_owned(), due_us, payload: last.to_owned(), cause }
}
