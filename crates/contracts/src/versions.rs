//! Old payloads made new on read: one path for consumers, replays, dead letters and snapshots.

use std::borrow::Cow;

use prost::Message;
use prost::bytes::Bytes;

use crate::descriptors::pool;
use crate::{Contract, orders};

/// One version further.
struct Step {
    from: &'static str,
    to: &'static str,
    apply: fn(Bytes) -> Result<Bytes, prost::DecodeError>,
}

/// All steps; a type with three versions has two.
const STEPS: [Step; 1] = [Step { from: orders::v1::OrderPlaced::SCHEMA, to: orders::v2::OrderPlaced::SCHEMA, apply: order_placed_v2 }];

/// A payload that is not what its schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("payload cannot be read as {schema}: {cause}")]
pub struct NotUpcast {
    /// The schema it was to be read as.
    pub schema: String,
    /// What is wrong with it.
    pub cause: prost::DecodeError,
}

/// The payload in the newest version of its type, with that version's schema. What is new already, or unknown, comes back as it is.
///
/// # Errors
/// [`NotUpcast`] when an old payload cannot be decoded.
pub fn upcast(schema: &str, payload: Bytes) -> Result<(Cow<'_, str>, Bytes), NotUpcast> {
    let (mut schema, mut payload) = (Cow::Borrowed(schema), payload);
    while let Some(step) = STEPS.iter().find(|step| step.from == schema) {
        payload = (step.apply)(payload).map_err(|cause| NotUpcast { schema: schema.to_string(), cause })?;
        schema = Cow::Borrowed(step.to);
    }
    Ok((schema, payload))
}

/// Whether the schema is a later version of one that is known: whoever meets it waits for its own next deploy.
pub fn is_newer(schema: &str) -> bool {
    let (Some((family, number, message)), None) = (split(schema), pool().get_message_by_name(schema)) else { return false };
    let known = pool().all_messages().filter_map(|known| match split(known.full_name()) {
        Some((same, number, name)) if same == family && name == message => Some(number),
        _ => None,
    });
    known.max().is_some_and(|newest| number > newest)
}

/// The version in a full Protobuf name; 0 where there is none.
pub(crate) fn number(schema: &str) -> u32 {
    split(schema).map_or(0, |(_, number, _)| number)
}

/// `ensue.orders.v1.OrderPlaced` as (`ensue.orders`, 1, `OrderPlaced`).
fn split(schema: &str) -> Option<(&str, u32, &str)> {
    let (package, message) = schema.rsplit_once('.')?;
    let (family, version) = package.rsplit_once('.')?;
    let digits = version.strip_prefix('v').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((family, digits.parse().ok()?, message))
}

/// The first form had no shipping address.
fn order_placed_v2(payload: Bytes) -> Result<Bytes, prost::DecodeError> {
    let old = orders::v1::OrderPlaced::decode(payload)?;
    let new = orders::v2::OrderPlaced {
        order_id: old.order_id,
        user_id: old.user_id,
        contact: old.contact,
        items: old.items,
        total: old.total,
        payment: old.payment,
        status: old.status,
        created_at: old.created_at,
        saga_id: old.saga_id,
        shipping_address: None,
        address_unknown: true,
    };
    Ok(new.encode_to_vec().into())
}
