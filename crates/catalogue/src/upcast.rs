//! Old payloads made new on read: one path for consumers, replays, dead letters and snapshots.

use std::borrow::Cow;

use prost::bytes::Bytes;

use crate::Contract;

/// How the version before becomes this one. Two versions of a type in one crate do not compile without it.
pub trait Upcast<Older: Contract>: Contract {
    /// The same fact in the newer form.
    fn upcast(older: Older) -> Self;
}

/// One version further.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The full Protobuf name of the older version.
    pub from: &'static str,
    /// That of the newer.
    pub to: &'static str,
    apply: fn(Bytes) -> Result<Bytes, prost::DecodeError>,
}

impl Step {
    /// From one version to the next.
    pub const fn between<Older: Contract, Newer: Upcast<Older>>() -> Self {
        Self { from: Older::SCHEMA, to: Newer::SCHEMA, apply: apply::<Older, Newer> }
    }
}

fn apply<Older: Contract, Newer: Upcast<Older>>(payload: Bytes) -> Result<Bytes, prost::DecodeError> {
    Ok(Newer::upcast(Older::decode(payload)?).encode_to_vec().into())
}

/// A payload that is not what its schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("payload cannot be read as {schema}: {cause}")]
pub struct NotUpcast {
    /// The schema it was to be read as.
    pub schema: String,
    /// What is wrong with it.
    pub cause: prost::DecodeError,
}

/// The payload in the newest version that `steps` lead to, with that version's schema. What no step begins at comes back as it is.
pub(crate) fn along<'a>(steps: &[Step], schema: &'a str, payload: Bytes) -> Result<(Cow<'a, str>, Bytes), NotUpcast> {
    let (mut schema, mut payload) = (Cow::Borrowed(schema), payload);
    while let Some(step) = steps.iter().find(|step| step.from == schema) {
        payload = (step.apply)(payload).map_err(|cause| NotUpcast { schema: schema.to_string(), cause })?;
        schema = Cow::Borrowed(step.to);
    }
    Ok((schema, payload))
}

/// The payload of an older version as `C` has it; what is no older version of `C` comes back as it is.
///
/// # Errors
/// [`NotUpcast`] when an old payload cannot be decoded.
pub fn upcast_to<C: Contract>(schema: &str, payload: Bytes) -> Result<(Cow<'_, str>, Bytes), NotUpcast> {
    along(C::steps(), schema, payload)
}
