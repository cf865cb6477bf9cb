//! Rich errors: what programs read in them, and that they fit a trailer.

use service_host::status;
use tonic::{Code, Status};
use tonic_types::StatusExt;

fn reason(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info().expect("every error has a reason");
    assert_eq!(info.domain, "ensue");
    (status.code(), info.reason)
}

#[test]
fn an_invalid_request_names_every_field() {
    let refusal = status::invalid([("items", "must not be empty"), ("contact.email", "is no address")]);
    assert_eq!(reason(&refusal), (Code::InvalidArgument, "INVALID_REQUEST".to_owned()));
    let violations = refusal.get_details_bad_request().expect("violations").field_violations;
    let named: Vec<_> = violations.iter().map(|violation| (violation.field.as_str(), violation.description.as_str())).collect();
    assert_eq!(named, [("items", "must not be empty"), ("contact.email", "is no address")]);
    assert_eq!(refusal.message(), "items: must not be empty (and 1 more)");
}

#[test]
fn each_refusal_has_its_code_and_a_stable_reason() {
    let named = |code, reason: &str| (code, reason.to_owned());
    assert_eq!(reason(&status::not_found("order", "o-1")), named(Code::NotFound, "ORDER_NOT_FOUND"));
    assert_eq!(reason(&status::already_exists("request", "r-1")), named(Code::AlreadyExists, "REQUEST_ALREADY_EXISTS"));
    assert_eq!(reason(&status::unavailable("STORE", "the store does not answer")), named(Code::Unavailable, "STORE"));
    assert_eq!(reason(&status::resource_exhausted("FULL", "full")), named(Code::ResourceExhausted, "FULL"));
    assert_eq!(reason(&status::aborted("CHANGED", "changed meanwhile", [])), named(Code::Aborted, "CHANGED"));
    let forbidden = status::failed_precondition(
        "FORBIDDEN_TRANSITION",
        "DELIVERED can't become PENDING",
        [("from", "DELIVERED".to_owned()), ("to", "PENDING".to_owned())],
    );
    assert_eq!(reason(&forbidden), named(Code::FailedPrecondition, "FORBIDDEN_TRANSITION"));
    let facts = forbidden.get_details_error_info().expect("facts").metadata;
    assert_eq!((facts["from"].as_str(), facts["to"].as_str()), ("DELIVERED", "PENDING"));
}

/// Clients cap all headers at 16 KiB; base64 adds a third, percent-encoding of a message makes nine bytes of a Chinese character.
#[test]
fn the_largest_refusal_fits_a_trailer() {
    for text in ["x".repeat(10_000), "错".repeat(10_000)] {
        let many = (0..500).map(|number| (format!("items[{number}].{text}"), text.clone()));
        for refusal in [
            status::invalid(many),
            status::not_found("order", &text),
            status::aborted("R", &text, [("a", text.clone()), ("b", text.clone())]),
        ] {
            let mut headers = http::HeaderMap::new();
            refusal.add_header(&mut headers).expect("a header");
            let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
            assert!(bytes < 12_000, "{bytes}");
        }
    }
    let left_out = status::invalid((0..500).map(|number| (format!("f{number}"), "bad")));
    assert_eq!(left_out.get_details_bad_request().expect("violations").field_violations.len(), 20);
    assert_eq!(left_out.get_details_error_info().expect("facts").metadata["left_out"], "480");
}
