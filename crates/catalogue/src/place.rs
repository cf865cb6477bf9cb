//! Where something stands, for whoever has to mend it.

use prost_reflect::{FileDescriptor, MessageDescriptor, MethodDescriptor};

/// `bakery.v1.BreadBaked (bakery/v1/events.proto:12)`.
pub(crate) fn of_message(message: &MessageDescriptor) -> String {
    of(message.full_name(), &message.parent_file(), message.path())
}

/// The same of a method.
pub(crate) fn of_method(method: &MethodDescriptor) -> String {
    of(method.full_name(), &method.parent_service().parent_file(), method.path())
}

fn of(name: &str, file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let line = info.and_then(|info| info.location.iter().find(|at| at.path == path)).and_then(|at| at.span.first());
    line.map_or_else(|| format!("{name} ({})", file.name()), |line| format!("{name} ({}:{})", file.name(), line + 1))
}

/// The comment before a message, as one line.
pub(crate) fn doc_line(message: &MessageDescriptor) -> String {
    let file = message.parent_file_descriptor_proto();
    let found = file.source_code_info.as_ref().and_then(|info| info.location.iter().find(|at| at.path == message.path()));
    let comment = found.map(|at| at.leading_comments());
    comment.unwrap_or_default().lines().map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
