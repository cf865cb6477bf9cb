//! What headers survive, and what they may not hold.

use super::*;

#[test]
fn header_values_survive_the_wire() {
    for text in ["plain", "two words", "50 % \"quoted\"", "牛奶", "a%2", "%zz"] {
        assert_eq!(decode(&encode(text.to_owned())), text);
    }
}

/// A blank was percent-encoded again at each hop: written so, and read as it stood.
#[test]
fn a_tracestate_with_a_blank_is_read_as_it_was_written() {
    let trace = TraceContext { traceparent: "00-1-2-01".to_owned(), tracestate: "rojo=a b,congo=t".to_owned() };
    let written = Envelope { trace: trace.clone(), ..envelope() };
    let subject = format!("events.order.placed.{}", crate::partition_of(&written.key));
    assert_eq!(read(&subject, &write(&written), Bytes::new()).map(|envelope| envelope.trace), Ok(trace));
}

#[test]
fn what_no_store_takes_is_no_envelope_and_a_trace_that_is_none_is_let_go() {
    let subject = format!("events.order.placed.{}", crate::partition_of("order-7"));
    let with = |name: &'static str, value: &str| {
        let mut headers = write(&envelope());
        headers.retain(|(known, _)| *known != name);
        headers.push((name.into(), value.to_owned()));
        read(&subject, &headers, Bytes::new())
    };
    for name in ["ce-id", "ce-type", "ce-source", "ce-correlationid", "ce-causationid"] {
        for value in ["a\0b", "a%00b"] {
            assert!(matches!(with(name, value), Err(Malformed::Invalid(..))), "{name}: {value:?}");
        }
    }
    for value in ["a\0b", "a%00b", &"x".repeat(56)] {
        assert_eq!(with("traceparent", value).map(|envelope| envelope.trace.traceparent), Ok(String::new()), "{value:?}");
    }
}

fn message(headers: Headers) -> Incoming {
    let envelope = envelope();
    let subject = format!("events.order.placed.{}", crate::partition_of(&envelope.key));
    let (sequence, stored_ns, message_id, payload) = (1, 1, envelope.id, envelope.payload);
    Incoming { subject, sequence, stored_ns, message_id, headers: Arc::new(headers), payload }
}

fn envelope() -> Envelope {
    Envelope {
        id: "0198c0de".to_owned(),
        type_: "order.placed".to_owned(),
        kind: Kind::Event,
        source: "orders".to_owned(),
        key: "order-7".to_owned(),
        aggregate_type: "order".to_owned(),
        time_us: 1_763_717_400_123_456,
        schema: "bakery.v1.BreadBaked".to_owned(),
        content_type: crate::PROTOBUF.to_owned(),
        correlation_id: "talk".to_owned(),
        causation_id: "0198c0dd".to_owned(),
        sequence: 10,
        position: 70,
        trace: TraceContext { traceparent: "00-1-2-01".to_owned(), tracestate: String::new() },
        extensions: BTreeMap::new(),
        payload: Bytes::from_static(b"body"),
    }
}

/// Whether the headers as they came are kept; those that are shown are the same in any case.
fn is_kept(headers: Headers) -> bool {
    let mut message = message(headers.clone());
    let before = Arc::as_ptr(&message.headers).cast::<()>();
    open(&mut message).unwrap();
    let (mut shown, mut came) = (copied(&message.headers), headers);
    shown.sort();
    came.sort();
    assert_eq!(shown, came);
    std::ptr::eq(Arc::as_ptr(&message.headers).cast::<()>(), before)
}

#[test]
fn only_headers_that_the_envelope_can_say_again_are_let_go() {
    assert!(!is_kept(write(&envelope())));
    assert!(!is_kept(write(&Envelope { causation_id: String::new(), trace: TraceContext::default(), ..envelope() })));
    assert!(is_kept(write(&Envelope { time_us: 1_763_717_400_123_000, ..envelope() })));
    assert!(is_kept(write(&Envelope { correlation_id: "two words".to_owned(), ..envelope() })));
    assert!(is_kept(write(&Envelope { extensions: [("tenant".to_owned(), "a".to_owned())].into(), ..envelope() })));
    for (name, value) in
        [("x-mine", "1"), ("content-encoding", "br"), ("tracestate", ""), ("CE-ID", "0198c0de"), ("ce-correlationid", "talk")]
    {
        let mut headers = write(&envelope());
        headers.push((name.into(), value.to_owned()));
        assert!(is_kept(headers), "{name}");
    }
    for (name, value) in [
        ("ce-position", "070"),
        ("ce-sequence", "+10"),
        ("ce-specversion", "1.1"),
        ("ce-time", "2025-11-21T09:30:00.123456789Z"),
        ("ce-time", "2025-11-21t09:30:00.123456Z"),
        ("ce-time", "2025-11-21T09:30:00.123456z"),
        ("ce-time", "2025-11-21T23:59:60.123456Z"),
        ("ce-time", "2025-11-21T09:30:00.123456+00:00"),
        ("ce-correlationid", "ta lk"),
        ("ce-correlationid", "t%61lk"),
        ("ce-causationid", ""),
    ] {
        let mut headers = write(&envelope());
        headers.iter_mut().filter(|(known, _)| known == name).for_each(|(_, at)| value.clone_into(at));
        assert!(is_kept(headers), "{name}: {value}");
    }
}

#[test]
fn times_keep_their_microseconds() {
    assert_eq!(rfc3339(1_763_717_400_123_456), "2025-11-21T09:30:00.123456Z");
    assert_eq!(microseconds("2025-11-21T09:30:00.123456Z"), Some(1_763_717_400_123_456));
    assert_eq!(microseconds(&rfc3339(-1)), Some(-1));
}
