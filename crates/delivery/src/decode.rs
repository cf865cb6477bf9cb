//! From an envelope to a message: content type, schema version, then Protobuf. One path for consumers, replays and dead letters.

use bytes::Bytes;
use catalogue::{Contract, Schemas, Violation};
use messaging::{Envelope, Failure, PROTOBUF};

/// The message in an envelope, brought to the version that `C` is.
pub fn decode<C: Contract>(envelope: &Envelope) -> Result<C, Failure> {
    if envelope.content_type == PROTOBUF && envelope.schema == C::full_name() {
        return C::decode(envelope.payload.clone()).map_err(|error| Failure::dead(format!("payload is no {}: {error}", envelope.schema)));
    }
    let payload = protobuf(envelope, || C::contracts().schemas())?;
    let (schema, payload) = catalogue::upcast_to::<C>(&envelope.schema, payload)
        .map_err(|error| Failure::dead(format!("payload of {} {}: {error}", envelope.type_, envelope.schema)))?;
    if schema != C::full_name() {
        return Err(Failure::dead(format!("{} carries a {schema}, this handler takes {}", envelope.type_, C::full_name())));
    }
    C::decode(payload).map_err(|error| Failure::dead(format!("payload is no {schema}: {error}")))
}

/// What an envelope says as JSON, in the newest version of its type.
pub fn to_json(envelope: &Envelope, catalogue: &catalogue::Catalogue) -> Result<serde_json::Value, Failure> {
    let payload = protobuf(envelope, || catalogue)?;
    let (schema, payload) = catalogue.upcast(&envelope.schema, payload).map_err(Failure::dead)?;
    catalogue.to_json(&schema, &payload).map_err(Failure::dead)
}

/// The payload as Protobuf, whatever form it travelled in.
fn protobuf<'a>(envelope: &Envelope, schemas: impl FnOnce() -> &'a Schemas) -> Result<Bytes, Failure> {
    match envelope.content_type.as_str() {
        PROTOBUF => Ok(envelope.payload.clone()),
        "application/json" => schemas().from_foreign_json(&envelope.schema, &envelope.payload).map(Bytes::from).map_err(|violations| {
            let faults: Vec<String> = violations.iter().map(Violation::to_string).collect();
            Failure::dead(format!("payload is no {}: {}", envelope.schema, faults.join("; ")))
        }),
        other => Err(Failure::dead(format!("content type {other} is not known"))),
    }
}
