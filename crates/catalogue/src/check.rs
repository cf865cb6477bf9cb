//! What must hold between contracts, before anything is built on them. Each message names both places.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind as FieldKind, MessageDescriptor, MethodDescriptor};

use crate::google::api::HttpRule;
use crate::google::api::http_rule::Pattern;
use crate::options::v1::{Access, Role};
use crate::place::{of_message, of_method};
use crate::read::{Families, Version, option};
use crate::rules::is_ours;
use crate::upcast::Step;
use crate::value::Fault;
use crate::{Kind, versions};

/// Everything that does not fit.
pub(crate) fn faults(pool: &DescriptorPool, families: &Families, steps: &[Step]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for ((_, type_), family) in families {
        let before = faults.len();
        one_owner(type_, family, &mut faults);
        if faults.len() == before {
            version_by_version(type_, family, steps, &mut faults);
        }
        family.iter().for_each(|version| fields(version, &mut faults));
    }
    names(families, &mut faults);
    for message in pool.all_messages().filter(is_ours) {
        subject(&message, &mut faults);
    }
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        rights(&method, &mut faults);
        route(&method, &mut faults);
    }
    faults
}

/// All versions of a type are of one service, of one kind of aggregate, and of one family of messages.
fn one_owner(type_: &str, family: &[Version], faults: &mut Vec<Fault>) {
    let name =
        |message: &MessageDescriptor| versions::split(message.full_name()).map(|(family, _, name)| (family.to_owned(), name.to_owned()));
    for pair in family.windows(2) {
        let ((one, first), (other, second)) = (&pair[0], &pair[1]);
        let (here, there) = (of_message(one), of_message(other));
        if first.service != second.service {
            faults.push(Fault(format!("type {type_} has two owners: {:?} in {here}, {:?} in {there}", first.service, second.service)));
        } else if name(one) != name(other) || versions::number(one.full_name()) == versions::number(other.full_name()) {
            faults.push(Fault(format!("type {type_} stands for two messages: {here} and {there}; versions are one name in …v1, …v2")));
        } else if first.aggregate != second.aggregate {
            faults.push(Fault(format!("type {type_} is of {:?} in {here} and of {:?} in {there}", first.aggregate, second.aggregate)));
        }
    }
}

/// What was written in an older version can be read as the newest.
fn version_by_version(type_: &str, family: &[Version], steps: &[Step], faults: &mut Vec<Fault>) {
    for pair in family.windows(2) {
        let (from, to) = (pair[0].0.full_name(), pair[1].0.full_name());
        if !steps.iter().any(|step| step.from == from && step.to == to) {
            faults.push(Fault(format!(
                "type {type_}: nothing makes {} of {}; implement Upcast",
                of_message(&pair[1].0),
                of_message(&pair[0].0)
            )));
        }
    }
}

/// The fields that the contract names are there, and are single texts.
fn fields((message, declared): &Version, faults: &mut Vec<Fault>) {
    let mut text = |what: &str, field: &str| {
        let found = message.get_field_by_name(field);
        if !found.is_some_and(|field| is_text(&field)) {
            faults.push(Fault(format!("{}: the {what} {field:?} is no text field of it", of_message(message))));
        }
    };
    text("key", &declared.key);
    if !declared.natural_key.is_empty() {
        text("natural key", &declared.natural_key);
    }
}

fn is_text(field: &FieldDescriptor) -> bool {
    field.kind() == FieldKind::String && !field.is_list() && !field.is_map()
}

/// No two types answer to one name.
fn names(families: &Families, faults: &mut Vec<Fault>) {
    let mut taken: HashMap<(Kind, &str), &MessageDescriptor> = HashMap::new();
    for ((kind, type_), family) in families {
        let Some((message, declared)) = family.last() else { continue };
        for name in declared.aliases.iter().chain([type_]) {
            match taken.insert((*kind, name), message) {
                Some(other) if other != message => {
                    faults.push(Fault(format!("the name {name} is taken twice: {} and {}", of_message(other), of_message(message))));
                }
                _ => {}
            }
        }
    }
}

/// Personal fields have somebody whom they are about.
fn subject(message: &MessageDescriptor, faults: &mut Vec<Fault>) {
    let marked = |name: &str| {
        let option = message.parent_pool().get_extension_by_name(name);
        let is_set =
            |field: &FieldDescriptor| option.as_ref().is_some_and(|option| field.options().get_extension(option).as_bool() == Some(true));
        message.fields().filter(is_set).collect::<Vec<_>>()
    };
    let subjects = marked("ensue.options.v1.subject");
    if let Some(field) = subjects.iter().find(|field| !is_text(field)) {
        faults.push(Fault(format!("{}: the subject {} is no text field", of_message(message), field.name())));
    }
    if let [one, other, ..] = subjects.as_slice() {
        faults.push(Fault(format!(
            "{}: {} and {} are both its subject; a message is about one",
            of_message(message),
            one.name(),
            other.name()
        )));
    }
    let texts = |field: &FieldDescriptor| matches!(field.kind(), FieldKind::String | FieldKind::Bytes | FieldKind::Message(_));
    if let Some(field) = marked("ensue.options.v1.personal").iter().find(|field| !texts(field)) {
        faults.push(Fault(format!("{}: {} can't be personal; texts, bytes and messages can", of_message(message), field.name())));
    }
}

/// Roles that exist, and an owner that the request names.
fn rights(method: &MethodDescriptor, faults: &mut Vec<Fault>) {
    let Some(access) = option::<Access>(&method.options(), "ensue.options.v1.access", method.parent_pool()) else { return };
    if access.roles.is_empty() || access.roles.iter().any(|role| *role == 0 || Role::try_from(*role).is_err()) {
        faults.push(Fault(format!("{}: its access names no role, or one that does not exist", of_method(method))));
    }
    if !access.owner.is_empty() && !field_at(&method.input(), &access.owner).is_some_and(|field| is_text(&field)) {
        faults.push(Fault(format!("{}: the owner {:?} is no text field of {}", of_method(method), access.owner, method.input().name())));
    }
}

/// A path whose variables are fields of the request, and a body that is one.
fn route(method: &MethodDescriptor, faults: &mut Vec<Fault>) {
    let Some(rule) = option::<HttpRule>(&method.options(), "google.api.http", method.parent_pool()) else { return };
    for rule in rule.additional_bindings.iter().chain([&rule]) {
        let path = match &rule.pattern {
            Some(Pattern::Get(path) | Pattern::Put(path) | Pattern::Post(path) | Pattern::Delete(path) | Pattern::Patch(path)) => path,
            Some(Pattern::Custom(custom)) => &custom.path,
            None => "",
        };
        if !path.starts_with('/') {
            faults.push(Fault(format!("{}: the route {path:?} does not begin with /", of_method(method))));
        }
        for variable in path.split('{').skip(1).filter_map(|rest| rest.split(['}', '=']).next()) {
            if field_at(&method.input(), variable).is_none() {
                faults.push(Fault(format!("{}: the route's {{{variable}}} is no field of {}", of_method(method), method.input().name())));
            }
        }
        if !matches!(rule.body.as_str(), "" | "*") && method.input().get_field_by_name(&rule.body).is_none() {
            faults.push(Fault(format!("{}: the route's body {:?} is no field of {}", of_method(method), rule.body, method.input().name())));
        }
    }
}

/// A field by its path: `order.user_id`.
fn field_at(message: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    match path.split_once('.') {
        None => message.get_field_by_name(path),
        Some((first, rest)) => field_at(message.get_field_by_name(first)?.kind().as_message()?, rest),
    }
}
