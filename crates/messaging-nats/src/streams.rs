//! Streams: made as declared, compared with what the server says it made.

use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::stream::{
    Compression, Config, DiscardPolicy, Info, RawMessageErrorKind, RetentionPolicy, Source, StorageType, SubjectTransform,
};
use messaging::{BrokerError, Incoming, StreamSpec, StreamState, Writers};

use crate::api::{call, refused, token, unavailable};
use crate::headers;

/// Makes or changes the stream. `batches` = the server knows them; they are wished for, and done without where another
/// server of the cluster does not.
pub(crate) async fn ensure(context: &Context, spec: &StreamSpec, replicas: usize, batches: bool) -> Result<StreamState, BrokerError> {
    let name = token(&spec.name)?;
    let wanted = Config { allow_batch_publish: batches && spec.writers == Writers::One, ..config(spec, replicas) };
    let info: Info = match call(context, "STREAM.UPDATE", name, &wanted).await {
        Err(BrokerError::NoStream(_)) => call(context, "STREAM.CREATE", name, &wanted).await?,
        answer => answer?,
    };
    match difference(&wanted, &info.config) {
        Some(setting) => Err(BrokerError::Refused(format!("the server did not take {setting} of stream {name} as asked"))),
        None => Ok(of(&info)),
    }
}

/// What the stream holds.
pub(crate) async fn state(context: &Context, stream: &str) -> Result<Option<StreamState>, BrokerError> {
    match call::<Info>(context, "STREAM.INFO", token(stream)?, &()).await {
        Ok(info) => Ok(Some(of(&info))),
        Err(BrokerError::NoStream(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The message at a sequence, from the stream's leader: a direct get may be answered by a replica that is behind, and whoever looks
/// before publishing again must not be told an older truth.
pub(crate) async fn message(context: &Context, stream: &str, sequence: u64) -> Result<Option<Incoming>, BrokerError> {
    let handle = context.get_stream_no_info(token(stream)?).await.map_err(unavailable)?;
    if sequence == 0 {
        return Ok(None);
    }
    match handle.get_raw_message(sequence).await {
        Ok(message) => {
            let (message_id, headers) = headers::from_wire(message.headers);
            Ok(Some(Incoming {
                subject: message.subject.to_string(),
                sequence: message.sequence,
                stored_ns: nanoseconds(message.time.unix_timestamp_nanos()),
                message_id,
                headers,
                payload: message.payload,
            }))
        }
        Err(error) => match error.kind() {
            RawMessageErrorKind::NoMessageFound => Ok(None),
            RawMessageErrorKind::JetStream(error) => Err(refused(&error, stream)),
            _ => Err(unavailable(error)),
        },
    }
}

/// Nanoseconds since 1970 as the port has them (until the year 2262).
pub(crate) fn nanoseconds(since_1970: i128) -> i64 {
    i64::try_from(since_1970).unwrap_or(i64::MAX)
}

fn of(info: &Info) -> StreamState {
    StreamState {
        created_ns: nanoseconds(info.created.unix_timestamp_nanos()),
        messages: info.state.messages,
        first_sequence: info.state.first_sequence,
        last_sequence: info.state.last_sequence,
    }
}

fn config(spec: &StreamSpec, replicas: usize) -> Config {
    Config {
        name: spec.name.clone(),
        subjects: if spec.subject.is_empty() { Vec::new() } else { vec![spec.subject.clone()] },
        subject_transform: spec.stored_as.clone().map(|destination| SubjectTransform { source: spec.subject.clone(), destination }),
        // No subject filter: everything that the other stream holds.
        sources: (!spec.sources.is_empty())
            .then(|| spec.sources.iter().map(|name| Source { name: name.clone(), ..Source::default() }).collect()),
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        compression: Some(Compression::S2),
        max_age: spec.max_age,
        max_messages: if spec.max_messages > 0 { spec.max_messages } else { -1 },
        max_bytes: -1,
        max_message_size: -1,
        max_messages_per_subject: -1,
        duplicate_window: window(spec),
        num_replicas: replicas.max(1),
        allow_direct: true,
        ..Config::default()
    }
}

/// The server refuses a window that is longer than the messages' life.
fn window(spec: &StreamSpec) -> Duration {
    if spec.max_age.is_zero() { spec.duplicate_window } else { spec.duplicate_window.min(spec.max_age) }
}

/// The first setting that came back another one.
fn difference(wanted: &Config, got: &Config) -> Option<&'static str> {
    fn names(config: &Config) -> Vec<&str> {
        let mut names: Vec<&str> = config.sources.iter().flatten().map(|source| source.name.as_str()).collect();
        names.sort_unstable();
        names
    }
    let same = [
        ("subjects", wanted.subjects == got.subjects),
        ("subject_transform", wanted.subject_transform == got.subject_transform),
        ("sources", names(wanted) == names(got)),
        ("retention", wanted.retention == got.retention),
        ("discard", wanted.discard == got.discard),
        ("storage", wanted.storage == got.storage),
        ("compression", wanted.compression == got.compression),
        ("max_age", wanted.max_age == got.max_age),
        ("max_messages", wanted.max_messages == got.max_messages),
        ("duplicate_window", wanted.duplicate_window == got.duplicate_window),
        ("num_replicas", wanted.num_replicas == got.num_replicas),
    ];
    same.into_iter().find(|(_, same)| !same).map(|(setting, _)| setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_the_server_dropped_is_named() {
        let wanted = config(&StreamSpec::events("order"), 1);
        assert_eq!(difference(&wanted, &wanted), None);
        assert_eq!(difference(&wanted, &Config { subject_transform: None, ..wanted.clone() }), Some("subject_transform"));
        assert_eq!(difference(&wanted, &Config { compression: None, ..wanted.clone() }), Some("compression"));
    }
}
