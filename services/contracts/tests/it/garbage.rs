//! Nothing panics on what it is given.

use prost::bytes::Bytes;
use prost_reflect::{DynamicMessage, Value};

use crate::ALL;

/// Bytes that look like fields now and then: tags of small numbers, lengths, noise.
fn noise(chance: &mut fastrand::Rng) -> Vec<u8> {
    let length = chance.usize(..120);
    (0..length).map(|_| if chance.bool() { chance.u8(..0x70) } else { chance.u8(..) }).collect()
}

#[test]
fn noise_under_every_schema_is_read_or_refused() {
    let mut chance = fastrand::Rng::with_seed(7);
    let mut refused = 0;
    for message in ALL.pool().all_messages().filter(|message| !message.is_map_entry()) {
        let schema = message.full_name();
        for _ in 0..200 {
            let bytes = noise(&mut chance);
            refused += usize::from(!ALL.violations(schema, &bytes).is_empty());
            drop(ALL.to_json(schema, &bytes));
            drop(ALL.upcast(schema, Bytes::from(bytes.clone())));
            drop(ALL.from_json(schema, &bytes, &[("order_id", "o")]));
        }
    }
    assert!(refused > 1_000);
}

#[test]
fn mutated_messages_are_read_or_refused() {
    let mut chance = fastrand::Rng::with_seed(8);
    for entry in ALL.entries() {
        let descriptor = ALL.pool().get_message_by_name(&entry.schema).unwrap();
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields().filter(|field| field.kind() == prost_reflect::Kind::String && !field.is_list()) {
            message.set_field(&field, Value::String("abc".to_owned()));
        }
        let good = prost::Message::encode_to_vec(&message);
        let text = ALL.to_json(&entry.schema, &good).unwrap().to_string().into_bytes();
        for _ in 0..200 {
            for original in [&good, &text] {
                let mut mutated = original.clone();
                for _ in 0..chance.usize(1..4) {
                    let at = chance.usize(..mutated.len());
                    mutated[at] = chance.u8(..);
                }
                mutated.truncate(chance.usize(..=mutated.len()));
                drop(ALL.violations(&entry.schema, &mutated));
                drop(ALL.to_json(&entry.schema, &mutated));
                drop(ALL.from_json(&entry.schema, &mutated, &[(&entry.key_field, "k")]));
                drop(ALL.upcast(&entry.schema, mutated.into()));
            }
        }
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let node = "ensue.events.v1.ConversationNode";
    let deep = |levels: usize| {
        (0..levels).fold(Vec::new(), |inner: Vec<u8>, _| {
            let mut outer = vec![0x12];
            prost::encoding::encode_varint(inner.len() as u64, &mut outer);
            outer.extend(inner);
            outer
        })
    };
    assert!(ALL.violations(node, &deep(64)).is_empty());
    assert!(ALL.violations(node, &deep(10_000))[0].description.contains("recursion limit"));
    let json = r#"{"children":[{"#.repeat(5_000);
    assert!(ALL.from_json(node, json.as_bytes(), &[]).is_err());
}
