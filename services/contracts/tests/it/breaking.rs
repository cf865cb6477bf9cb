//! What a newer set of protos breaks for those who hold the older one: buf's WIRE_JSON rules and more (nothing is deleted, no contract moves).

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, MessageDescriptor, ServiceDescriptor, Value};

/// Every break, as `RULE place`.
pub fn breaking(old: &DescriptorPool, new: &DescriptorPool) -> Vec<String> {
    let mut found = Vec::new();
    let ours = |name: &str| !name.starts_with("google.");
    for message in old.all_messages().filter(|message| ours(message.full_name())) {
        match new.get_message_by_name(message.full_name()) {
            Some(now) => compare_messages(&message, &now, &mut found),
            None => found.push(format!("MESSAGE_NO_DELETE {}", message.full_name())),
        }
    }
    for known in old.all_enums().filter(|known| ours(known.full_name())) {
        match new.get_enum_by_name(known.full_name()) {
            Some(now) => compare_enums(&known, &now, &mut found),
            None => found.push(format!("ENUM_NO_DELETE {}", known.full_name())),
        }
    }
    for service in old.services().filter(|service| ours(service.full_name())) {
        match new.get_service_by_name(service.full_name()) {
            Some(now) => compare_services(&service, &now, &mut found),
            None => found.push(format!("SERVICE_NO_DELETE {}", service.full_name())),
        }
    }
    found
}

fn compare_messages(old: &MessageDescriptor, new: &MessageDescriptor, found: &mut Vec<String>) {
    for field in old.fields() {
        let place = field.full_name();
        match new.get_field(field.number()) {
            Some(now) => compare_fields(&field, &now, found),
            None => {
                let number = new.reserved_ranges().any(|range| range.contains(&field.number()));
                let name = new.reserved_names().any(|name| name == field.name());
                found.extend((!number).then(|| format!("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED {place}")));
                found.extend((!name).then(|| format!("FIELD_NO_DELETE_UNLESS_NAME_RESERVED {place}")));
            }
        }
    }
    for range in old.reserved_ranges() {
        let kept = new.reserved_ranges().any(|now| now.start <= range.start && range.end <= now.end);
        found.extend((!kept).then(|| format!("RESERVED_MESSAGE_NO_DELETE {} {}", old.full_name(), range.start)));
    }
    found.extend((contract(old).is_some() && contract(old) != contract(new)).then(|| format!("CONTRACT_SAME {}", old.full_name())));
}

fn compare_fields(old: &FieldDescriptor, new: &FieldDescriptor, found: &mut Vec<String>) {
    let place = old.full_name();
    let mut rule = |broken: bool, rule: &str| found.extend(broken.then(|| format!("{rule} {place}")));
    rule(old.name() != new.name(), "FIELD_SAME_NAME");
    rule(old.json_name() != new.json_name(), "FIELD_SAME_JSON_NAME");
    rule(kind(old) != kind(new), "FIELD_WIRE_JSON_COMPATIBLE_TYPE");
    let shape = |field: &FieldDescriptor| (field.is_list(), field.is_map(), field.supports_presence());
    rule(shape(old) != shape(new), "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY");
    let oneof =
        |field: &FieldDescriptor| field.containing_oneof().filter(|oneof| !oneof.is_synthetic()).map(|oneof| oneof.name().to_owned());
    rule(oneof(old) != oneof(new), "FIELD_SAME_ONEOF");
}

fn kind(field: &FieldDescriptor) -> String {
    format!("{:?}", field.kind())
}

fn compare_enums(old: &EnumDescriptor, new: &EnumDescriptor, found: &mut Vec<String>) {
    for value in old.values() {
        let place = value.full_name();
        match new.get_value(value.number()) {
            Some(now) => found.extend((now.name() != value.name()).then(|| format!("ENUM_VALUE_SAME_NAME {place}"))),
            None => {
                let kept = new.reserved_names().any(|name| name == value.name())
                    && new.reserved_ranges().any(|range| range.contains(&value.number()));
                found.extend((!kept).then(|| format!("ENUM_VALUE_NO_DELETE_UNLESS_RESERVED {place}")));
            }
        }
    }
}

fn compare_services(old: &ServiceDescriptor, new: &ServiceDescriptor, found: &mut Vec<String>) {
    for method in old.methods() {
        let place = method.full_name();
        let Some(now) = new.methods().find(|now| now.name() == method.name()) else {
            found.push(format!("RPC_NO_DELETE {place}"));
            continue;
        };
        let mut rule = |broken: bool, rule: &str| found.extend(broken.then(|| format!("{rule} {place}")));
        rule(method.input().full_name() != now.input().full_name(), "RPC_SAME_REQUEST_TYPE");
        rule(method.output().full_name() != now.output().full_name(), "RPC_SAME_RESPONSE_TYPE");
        rule(method.is_client_streaming() != now.is_client_streaming(), "RPC_SAME_CLIENT_STREAMING");
        rule(method.is_server_streaming() != now.is_server_streaming(), "RPC_SAME_SERVER_STREAMING");
    }
}

/// What of a contract others stand on: type, kind, key, aggregate, service.
fn contract(message: &MessageDescriptor) -> Option<Vec<Value>> {
    let option = message.parent_pool().get_extension_by_name("ensue.options.v1.contract")?;
    let options = message.options();
    if !options.has_extension(&option) {
        return None;
    }
    let value = options.get_extension(&option);
    Some((1..=5).filter_map(|number| value.as_message()?.get_field_by_number(number).map(|field| field.into_owned())).collect())
}
