//! ProtoJSON for any message by its name: for what is published by hand, and for people who look.

use prost::Message;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::{Map, Value};

use crate::{Schemas, Violation};

mod blame;

impl Schemas {
    /// Reads what was written by hand: an unknown field is a typo and refused, every rule of the proto holds. Each default is a field
    /// and the text it has when it is absent (the key, known from the subject); given and different is a violation.
    ///
    /// # Errors
    /// Everything that is wrong, each with the path of its field.
    pub fn from_json(&self, schema: &str, json: &[u8], defaults: &[(&str, &str)]) -> Result<Vec<u8>, Vec<Violation>> {
        let descriptor = self.known(schema).map_err(|violation| vec![violation])?;
        let mut object = object(json).map_err(|violation| vec![violation])?;
        let contradictions: Vec<Violation> =
            defaults.iter().filter_map(|(field, text)| fill(&descriptor, &mut object, field, text)).collect();
        if !contradictions.is_empty() {
            return Err(contradictions);
        }
        let message = parse(&descriptor, object, true)?;
        match self.violations_of(&message) {
            found if found.is_empty() => Ok(message.encode_to_vec()),
            found => Err(found),
        }
    }

    /// Reads ProtoJSON that a service wrote (it said so with content type and schema): fields that are not known yet are skipped.
    ///
    /// # Errors
    /// Everything that cannot be read, each with the path of its field.
    pub fn from_foreign_json(&self, schema: &str, json: &[u8]) -> Result<Vec<u8>, Vec<Violation>> {
        let descriptor = self.known(schema).map_err(|violation| vec![violation])?;
        let object = object(json).map_err(|violation| vec![violation])?;
        parse(&descriptor, object, false).map(|message| message.encode_to_vec())
    }

    /// An encoded message as JSON with the proto's field names. 64-bit integers are numbers, not strings: this form is for templates
    /// and for people; beyond 2^53 JavaScript would round them.
    ///
    /// # Errors
    /// One violation when the schema is not known or the payload is no such message.
    pub fn to_json(&self, schema: &str, payload: &[u8]) -> Result<Value, Violation> {
        let message = DynamicMessage::decode(self.known(schema)?, payload)
            .map_err(|error| Violation::new("", format!("cannot be decoded: {error}")))?;
        let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
        message
            .serialize_with_options(serde_json::value::Serializer, &options)
            .map_err(|error| Violation::new("", format!("cannot be shown as JSON: {error}")))
    }

    fn known(&self, schema: &str) -> Result<MessageDescriptor, Violation> {
        self.message(schema).ok_or_else(|| Violation::new("", format!("unknown schema {schema}")))
    }
}

fn object(json: &[u8]) -> Result<Map<String, Value>, Violation> {
    match serde_json::from_slice(json) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Violation::new("", "must be a JSON object")),
        Err(error) => Err(Violation::new("", format!("is no JSON: {error}"))),
    }
}

fn parse(descriptor: &MessageDescriptor, object: Map<String, Value>, strict: bool) -> Result<DynamicMessage, Vec<Violation>> {
    let options = DeserializeOptions::new().deny_unknown_fields(strict);
    let value = Value::Object(object);
    DynamicMessage::deserialize_with_options(descriptor.clone(), &value, &options).map_err(|error| {
        let found = blame::fields(descriptor, &value, strict);
        if found.is_empty() { vec![Violation::new("", error.to_string())] } else { found }
    })
}

/// Puts `text` into `field` where it is absent; the violation when something else stands there.
fn fill(descriptor: &MessageDescriptor, object: &mut Map<String, Value>, field: &str, text: &str) -> Option<Violation> {
    let json_name = descriptor.get_field_by_name(field)?.json_name().to_owned();
    let name = if object.contains_key(&json_name) { json_name } else { field.to_owned() };
    match object.get(&name) {
        None | Some(Value::Null) => {
            object.insert(name, Value::String(text.to_owned()));
            None
        }
        Some(Value::String(given)) if given == text => None,
        Some(given) => Some(Violation::new(field, format!("is {given}, but the subject says {text:?}"))),
    }
}
