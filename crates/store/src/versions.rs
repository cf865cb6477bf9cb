//! The last versions of the keys that this process appends to. On Postgres an append takes them from here: the look for them was two fifths of what
//! the statement cost (measured).
//!
//! Who appends borrows a key's version, and gives the new one back when it is committed. While it is out, and after a rollback, it is looked for in
//! the log. Another process may have appended meanwhile: then the version is taken, the append fails with a conflict and is done again, and for a
//! while nothing of this is trusted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::by_key::{ByKey, Key};
use crate::log::LogRow;

/// So long every version is looked for after somebody else's was met.
const DOUBT: Duration = Duration::from_secs(60);

/// One per store.
#[derive(Clone, Default)]
pub(crate) struct Versions(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    last: ByKey<Last>,
    loans: u64,
    doubted: Option<Instant>,
}

struct Last {
    version: i64,
    /// The last loan. Whoever borrows a version that is out finds nothing, and is the one who may give it back.
    loan: u64,
    out: bool,
}

impl Versions {
    /// For one transaction.
    pub(crate) fn lend(&self) -> Loan {
        let mut state = self.lock();
        state.loans += 1;
        Loan { versions: self.clone(), number: state.loans }
    }

    /// A new connection may be one to a server that has lost what an older one committed.
    pub(crate) fn forget(&self) {
        self.lock().last = ByKey::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one transaction may borrow and give back.
pub(crate) struct Loan {
    versions: Versions,
    number: u64,
}

impl Loan {
    /// For each row the version that it is to get, where it must be that one or where the last one is known; else 0.
    pub(crate) fn next(&self, rows: &[LogRow]) -> Next {
        let mut state = self.versions.lock();
        let trusted = state.doubted.is_none_or(|at| at.elapsed() >= DOUBT);
        let mut last: HashMap<Key<'_>, i64> = HashMap::with_capacity(rows.len());
        let mut next = Next { versions: Vec::with_capacity(rows.len()), borrowed: false };
        for row in rows {
            let last = last.entry(row.of_key()).or_insert_with(|| {
                let version = state.borrow(row.of_key(), self.number, trusted);
                next.borrowed |= version.is_some();
                version.unwrap_or_default()
            });
            let version = match row.expected {
                Some(version) => version.cast_signed(),
                None if *last > 0 => *last + 1,
                None => 0,
            };
            // A version that was left out before is not the last one.
            if *last > 0 {
                *last = version.max(*last);
            }
            next.versions.push(version);
        }
        next
    }

    /// The transaction is on disk, and these rows are what it appended.
    pub(crate) fn give_back(&self, rows: &[LogRow]) {
        let mut state = self.versions.lock();
        for row in rows {
            let Some(last) = state.last.get_mut(row.of_key()).filter(|last| last.loan == self.number) else { continue };
            // One that was asked for says nothing about the last one.
            if row.expected.is_none() || last.version > 0 {
                last.version = last.version.max(row.envelope.sequence.cast_signed());
                last.out = false;
            }
        }
    }

    /// A borrowed version was somebody else's already.
    pub(crate) fn doubt(&self) {
        let mut state = self.versions.lock();
        *state = State { doubted: Some(Instant::now()), loans: state.loans, last: ByKey::default() };
    }
}

impl State {
    fn borrow(&mut self, key: Key<'_>, loan: u64, trusted: bool) -> Option<i64> {
        let Some(last) = self.last.get_mut(key) else {
            self.last.insert(key, Last { version: 0, loan, out: true });
            return None;
        };
        if last.out || !trusted {
            *last = Last { version: 0, loan, out: true };
            return None;
        }
        (last.loan, last.out) = (loan, true);
        Some(last.version)
    }
}

/// What an append is to give.
pub(crate) struct Next {
    /// 0 = to be looked for.
    pub(crate) versions: Vec<i64>,
    /// Whether any of them follows a version that was borrowed.
    pub(crate) borrowed: bool,
}

#[cfg(test)]
mod tests {
    use contracts::Kind;
    use messaging::Envelope;

    use super::*;

    /// A row of one key, with the version that it got, or must get.
    fn row(sequence: u64, expected: Option<u64>) -> LogRow {
        let envelope = Envelope {
            id: String::new(),
            type_: "note.taken".to_owned(),
            kind: Kind::Event,
            source: String::new(),
            key: "k".to_owned(),
            aggregate_type: "note".to_owned(),
            time_us: 0,
            schema: String::new(),
            content_type: String::new(),
            correlation_id: String::new(),
            causation_id: String::new(),
            sequence,
            position: 0,
            trace: Default::default(),
            extensions: Default::default(),
            payload: Default::default(),
        };
        LogRow { seq: 0, stream: "EVENTS_NOTE".to_owned(), partition: 0, envelope: Box::new(envelope), expected }
    }

    fn next(loan: &Loan) -> i64 {
        loan.next(&[row(0, None)]).versions[0]
    }

    #[test]
    fn a_version_is_known_when_it_was_given_back() {
        let versions = Versions::default();
        let first = versions.lend();
        assert_eq!(next(&first), 0);
        first.give_back(&[row(4, None), row(5, None)]);
        let second = versions.lend();
        assert_eq!(next(&second), 6);
        assert_eq!(next(&versions.lend()), 0, "it is out, and was not given back");
        versions.forget();
        second.give_back(&[row(6, None)]);
        assert_eq!(next(&versions.lend()), 0, "nothing from before the new connection");
    }

    #[test]
    fn who_gives_back_late_gives_nothing() {
        let versions = Versions::default();
        let (late, early, last) = (versions.lend(), versions.lend(), versions.lend());
        assert_eq!((next(&late), next(&early)), (0, 0));
        early.give_back(&[row(7, None)]);
        assert_eq!(next(&last), 8);
        late.give_back(&[row(6, None)]);
        assert_eq!(next(&versions.lend()), 0, "the last one is still out");
    }

    #[test]
    fn a_version_that_was_asked_for_is_the_last_one_only_where_the_last_one_is_known() {
        let versions = Versions::default();
        let loan = versions.lend();
        assert_eq!(loan.next(&[row(0, Some(2))]).versions, [2]);
        loan.give_back(&[row(2, Some(2))]);
        let loan = versions.lend();
        assert_eq!(next(&loan), 0);
        loan.give_back(&[row(5, None)]);
        let loan = versions.lend();
        assert_eq!(loan.next(&[row(0, Some(3)), row(0, None), row(0, Some(8)), row(0, None)]).versions, [3, 6, 8, 9]);
        loan.give_back(&[row(3, Some(3)), row(6, None), row(8, Some(8)), row(9, None)]);
        assert_eq!(next(&versions.lend()), 10);
    }

    #[test]
    fn in_doubt_nothing_is_known() {
        let versions = Versions::default();
        let first = versions.lend();
        next(&first);
        first.give_back(&[row(5, None)]);
        assert!(first.next(&[row(0, None)]).borrowed);
        first.doubt();
        for _ in 0..2 {
            let loan = versions.lend();
            assert_eq!(next(&loan), 0);
            loan.give_back(&[row(6, None)]);
        }
    }
}
