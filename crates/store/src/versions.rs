//! The last versions of the keys that this process appends to. On Postgres an append takes them from here: the look for them was two fifths of what
//! the statement cost (measured).
//!
//! They hold as long as nobody else has appended, and that is what the statement asks: whether the numbers that the log gave out last were given to
//! us. If not, it looks for the versions as it always did, and all is forgotten here. Within the process who appends borrows a key's version and gives
//! the new one back when it is committed; while it is out, and after a rollback, it is looked for, too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::by_key::{ByKey, Key};
use crate::log::LogRow;

/// One per store.
#[derive(Clone, Default)]
pub(crate) struct Versions(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    last: ByKey<Last>,
    loans: u64,
    /// Numbers of the log up to this one that were given out since `last` was empty were given to us.
    own: i64,
}

/// A version of 0 is not known.
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

/// The versions that an append is to give.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Next {
    /// For each row the version that it must get, or the one that follows the last that is known; 0 = look.
    pub(crate) versions: Vec<i64>,
    /// For each row how many of its key there are up to it; 0 = it must get its version.
    pub(crate) ahead: Vec<i64>,
    /// They hold if this is the last number that the log gave out.
    pub(crate) own: i64,
}

impl Loan {
    pub(crate) fn next(&self, rows: &[LogRow]) -> Next {
        let mut state = self.versions.lock();
        let mut keys: HashMap<Key<'_>, (i64, i64)> = HashMap::with_capacity(rows.len());
        let mut next = Next { versions: Vec::with_capacity(rows.len()), ahead: Vec::with_capacity(rows.len()), own: state.own };
        for row in rows {
            let (last, count) = keys.entry(row.of_key()).or_insert_with(|| (state.borrow(row.of_key(), self.number), 0));
            *count += 1;
            let (version, ahead) = match row.expected {
                Some(version) => (version.cast_signed(), 0),
                None if *last > 0 => (*last + 1, *count),
                None => (0, *count),
            };
            // A version that was left out before is not the last one.
            if *last > 0 {
                *last = version.max(*last);
            }
            next.versions.push(version);
            next.ahead.push(ahead);
        }
        next
    }

    /// These numbers of the log were given to us, in this order.
    pub(crate) fn numbered(&self, rows: &[LogRow]) {
        let mut state = self.versions.lock();
        for row in rows {
            if row.seq != state.own + 1 {
                state.last = ByKey::default();
            }
            state.own = state.own.max(row.seq);
        }
    }

    /// The transaction is on disk, and these rows are what it appended.
    pub(crate) fn give_back(&self, rows: &[LogRow]) {
        let mut state = self.versions.lock();
        // One that had to be given says something about the last one only beside one that followed it.
        let (followed, given): (Vec<&LogRow>, Vec<&LogRow>) = rows.iter().partition(|row| row.expected.is_none());
        for row in followed.into_iter().chain(given) {
            let Some(last) = state.last.get_mut(row.of_key()).filter(|last| last.loan == self.number) else { continue };
            if row.expected.is_none() || last.version > 0 {
                last.version = last.version.max(row.envelope.sequence.cast_signed());
                last.out = false;
            }
        }
    }
}

impl State {
    fn borrow(&mut self, key: Key<'_>, loan: u64) -> i64 {
        let Some(last) = self.last.get_mut(key) else {
            self.last.insert(key, Last { version: 0, loan, out: true });
            return 0;
        };
        if last.out {
            last.version = 0;
        }
        (last.loan, last.out) = (loan, true);
        last.version
    }
}

#[cfg(test)]
mod tests {
    use catalogue::Kind;
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

    fn numbered(loan: &Loan, seqs: &[i64]) {
        let rows: Vec<LogRow> = seqs.iter().map(|&seq| LogRow { seq, ..row(0, None) }).collect();
        loan.numbered(&rows);
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
    fn what_somebody_else_was_numbered_for_ends_it() {
        let versions = Versions::default();
        let loan = versions.lend();
        next(&loan);
        numbered(&loan, &[1, 2]);
        loan.give_back(&[row(5, None)]);
        let loan = versions.lend();
        assert_eq!(loan.next(&[row(0, None)]), Next { versions: vec![6], ahead: vec![1], own: 2 });
        numbered(&loan, &[3]);
        loan.give_back(&[row(6, None)]);
        let loan = versions.lend();
        assert_eq!(next(&loan), 7);
        for hole in [&[5][..], &[6, 8]] {
            numbered(&loan, hole);
            loan.give_back(&[row(7, None)]);
            let loan = versions.lend();
            assert_eq!((next(&loan), loan.next(&[]).own), (0, *hole.last().unwrap()));
            loan.give_back(&[row(9, None)]);
        }
    }

    #[test]
    fn a_version_that_had_to_be_given_is_the_last_one_only_where_another_followed() {
        let versions = Versions::default();
        let loan = versions.lend();
        assert_eq!(loan.next(&[row(0, Some(2)), row(0, None)]), Next { versions: vec![2, 0], ahead: vec![0, 2], own: 0 });
        loan.give_back(&[row(2, Some(2))]);
        let loan = versions.lend();
        assert_eq!(next(&loan), 0);
        loan.give_back(&[row(9, Some(9)), row(5, None)]);
        let loan = versions.lend();
        let rows = [row(0, Some(3)), row(0, None), row(0, Some(12)), row(0, None)];
        assert_eq!(loan.next(&rows).versions, [3, 10, 12, 13]);
        loan.give_back(&[row(3, Some(3)), row(10, None), row(12, Some(12)), row(13, None)]);
        assert_eq!(next(&versions.lend()), 14);
    }
}
