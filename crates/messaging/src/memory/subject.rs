//! Subjects with wildcards, and what the stored form makes of them.

use crate::broker::BrokerError;
use crate::partition::{PARTITIONS, partition_of};
use crate::topology::StreamSpec;

/// Whether `subject` is one of those that `pattern` stands for: `*` is one token, `>` at the end one or more.
pub(super) fn matches(pattern: &str, subject: &str) -> bool {
    let (mut pattern, mut subject) = (pattern.split('.'), subject.split('.'));
    loop {
        match (pattern.next(), subject.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(token)) if wanted == token => {}
            _ => return false,
        }
    }
}

/// Whether some subject belongs to both patterns.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    if one.is_empty() || other.is_empty() {
        return false;
    }
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (Some(">"), Some(_)) | (Some(_), Some(">")) | (None, None) => return true,
            (Some("*"), Some(_)) | (Some(_), Some("*")) => {}
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

/// Refuses a stored form that [`stored`] can't make.
pub(super) fn check(spec: &StreamSpec) -> Result<(), BrokerError> {
    let Some(form) = &spec.stored_as else { return Ok(()) };
    let wildcards = spec.subject.split('.').filter(|token| *token == "*").count();
    let possible = |token: &str| match Part::of(token) {
        Some(Part::Literal(_)) => true,
        Some(Part::Wildcard(number) | Part::Partition(number)) => (1..=wildcards).contains(&number),
        None => false,
    };
    if form.split('.').all(possible) {
        return Ok(());
    }
    Err(BrokerError::Refused(format!("invalid subject transform: {form}")))
}

/// The subject as it is stored.
pub(super) fn stored(spec: &StreamSpec, subject: &str) -> String {
    let Some(form) = &spec.stored_as else { return subject.to_owned() };
    let wild: Vec<&str> =
        spec.subject.split('.').zip(subject.split('.')).filter(|(wanted, _)| *wanted == "*").map(|(_, token)| token).collect();
    let wildcard = |number: usize| number.checked_sub(1).and_then(|index| wild.get(index)).copied().unwrap_or_default();
    let parts = form.split('.').map(|token| match Part::of(token) {
        Some(Part::Wildcard(number)) => wildcard(number).to_owned(),
        Some(Part::Partition(number)) => partition_of(wildcard(number)).to_string(),
        Some(Part::Literal(token)) => token.to_owned(),
        None => String::new(),
    });
    parts.collect::<Vec<String>>().join(".")
}

/// One token of a stored form. Wildcards are counted, from 1.
enum Part<'a> {
    Literal(&'a str),
    Wildcard(usize),
    Partition(usize),
}

impl<'a> Part<'a> {
    fn of(token: &'a str) -> Option<Self> {
        let Some(call) = token.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else {
            return Some(Self::Literal(token));
        };
        let (name, arguments) = call.strip_suffix(')')?.split_once('(')?;
        match (name, arguments.split_once(',')) {
            ("wildcard", None) => Some(Self::Wildcard(arguments.trim().parse().ok()?)),
            ("partition", Some((count, number))) if count.trim().parse() == Ok(PARTITIONS) => {
                Some(Self::Partition(number.trim().parse().ok()?))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_tokens() {
        assert!(matches("events.order.*.*", "events.order.placed.o-1"));
        assert!(matches("events.>", "events.order.placed.o-1"));
        assert!(!matches("events.order.*.*", "events.order.placed"));
        assert!(!matches("events.order.*", "events.order.placed.o-1"));
        assert!(!matches("events.>", "events"));
        assert!(!matches("", "events"));
    }

    #[test]
    fn patterns_that_share_a_subject_overlap() {
        assert!(overlap("events.order.*.*", "events.>"));
        assert!(overlap("a.*", "*.b"));
        assert!(!overlap("events.order.*.*", "events.stock.*.*"));
        assert!(!overlap("a.*", "a.*.*"));
    }
}
