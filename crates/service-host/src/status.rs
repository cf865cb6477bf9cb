//! Answers that say no: a gRPC code, a stable reason for programs, and what exactly was wrong.
//!
//! Every one carries an `ErrorInfo` (AIP-193). Details travel in a trailer, and clients refuse header lists over 16 KiB: all parts are bounded.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of every reason here.
pub const DOMAIN: &str = "ensue";

/// As many violations as one answer names.
const VIOLATIONS: usize = 20;
/// Characters of one text.
const TEXT: usize = 200;
/// Bytes of all violations of one answer.
const BYTES: usize = 4_096;

/// INVALID_ARGUMENT: each violation names a field (`items[1].quantity`) and says what is wrong with it.
pub fn invalid<F, D>(violations: impl IntoIterator<Item = (F, D)>) -> Status
where
    F: Into<String>,
    D: Into<String>,
{
    let mut details = ErrorDetails::new();
    let (mut fields, mut bytes, mut left_out) = (Vec::new(), 0, 0);
    let mut first = String::new();
    for (field, description) in violations {
        let (field, description) = (short(&field.into()), short(&description.into()));
        if fields.len() == VIOLATIONS || bytes + field.len() + description.len() > BYTES {
            left_out += 1;
            continue;
        }
        bytes += field.len() + description.len();
        if first.is_empty() {
            first = format!("{field}: {description}");
        }
        details.add_bad_request_violation(field.clone(), description);
        fields.push(field);
    }
    let message = match fields.len() + left_out {
        0 => "the request is not valid".to_owned(),
        1 => first,
        more => format!("{first} (and {} more)", more - 1),
    };
    let metadata = [("fields", fields.join(",")), ("left_out", left_out.to_string())];
    details.set_error_info("INVALID_REQUEST", DOMAIN, bounded(metadata));
    Status::with_error_details(Code::InvalidArgument, short(&message), details)
}

/// INVALID_ARGUMENT for a single field.
pub fn invalid_field(field: impl Into<String>, description: impl Into<String>) -> Status {
    invalid([(field, description)])
}

/// NOT_FOUND: `kind` is what it would be (`order`), in lower case; the reason is then `ORDER_NOT_FOUND`.
pub fn not_found(kind: &str, id: &str) -> Status {
    let (message, metadata) = thing(kind, id, "does not exist");
    rich(Code::NotFound, &format!("{}_NOT_FOUND", kind.to_ascii_uppercase()), &message, metadata)
}

/// ALREADY_EXISTS: something else stands under this id.
pub fn already_exists(kind: &str, id: &str) -> Status {
    let (message, metadata) = thing(kind, id, "exists already");
    rich(Code::AlreadyExists, &format!("{}_ALREADY_EXISTS", kind.to_ascii_uppercase()), &message, metadata)
}

/// FAILED_PRECONDITION: right, but not now. `facts` are the dynamic parts of the message (AIP-193), e.g. the states a transition is forbidden between.
pub fn failed_precondition<const N: usize>(reason: &str, message: &str, facts: [(&str, String); N]) -> Status {
    rich(Code::FailedPrecondition, reason, message, facts)
}

/// ABORTED: somebody else changed it meanwhile; read again and try again.
pub fn aborted<const N: usize>(reason: &str, message: &str, facts: [(&str, String); N]) -> Status {
    rich(Code::Aborted, reason, message, facts)
}

/// UNAVAILABLE: try again later. Nothing is known of the outcome; a `request_id` makes trying again safe.
pub fn unavailable(reason: &str, message: &str) -> Status {
    rich(Code::Unavailable, reason, message, [])
}

/// RESOURCE_EXHAUSTED: too much at once, try again more slowly.
pub fn resource_exhausted(reason: &str, message: &str) -> Status {
    rich(Code::ResourceExhausted, reason, message, [])
}

/// DEADLINE_EXCEEDED: no answer in the time given.
pub fn deadline_exceeded<const N: usize>(message: &str, facts: [(&str, String); N]) -> Status {
    rich(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message, facts)
}

fn thing<'a>(kind: &'a str, id: &str, what: &str) -> (String, [(&'a str, String); 2]) {
    (format!("{kind} {} {what}", short(id)), [("kind", kind.to_owned()), ("id", id.to_owned())])
}

fn rich<const N: usize>(code: Code, reason: &str, message: &str, facts: [(&str, String); N]) -> Status {
    Status::with_error_details(code, short(message), ErrorDetails::with_error_info(reason, DOMAIN, bounded(facts)))
}

fn bounded<const N: usize>(facts: [(&str, String); N]) -> HashMap<String, String> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), short(&value))).collect()
}

/// The first 200 characters.
fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
