//! Objects as JetStream's object store keeps them (NATS ADR-20): chunks of a stream, and a message about them under the object's name.
//!
//! Reading is the client's. Its put is not used: it stores whatever pieces it is given as messages of their own, and leaves those of a put
//! that fails in the stream for good (read in async-nats 0.51). What is put here, `nats object get` gets.

use std::fmt::Display;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::object_store::{Config, GetErrorKind, InfoErrorKind, Object, ObjectInfo as Meta, ObjectOptions, ObjectStore};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use messaging::{BrokerError, Content, ObjectError, ObjectInfo};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;

use crate::api::token;
use crate::streams;

/// Bytes of one message.
const CHUNK: usize = 128 << 10;

pub(crate) struct Objects<'a> {
    pub(crate) context: &'a Context,
    pub(crate) limit: Duration,
    pub(crate) replicas: usize,
}

impl Objects<'_> {
    pub(crate) async fn put(&self, bucket: &str, name: &str, content: Content) -> Result<ObjectInfo, ObjectError> {
        let store = match self.bucket(bucket).await? {
            Some(store) => store,
            None => self.make(bucket).await?,
        };
        if name.is_empty() {
            return Err(ObjectError::Refused("an object has a name".to_owned()));
        }
        let before = self.meta(&store, bucket, name).await.map(Some).or_else(|error| match error {
            ObjectError::Absent(_) => Ok(None),
            error => Err(error),
        })?;
        let id = messaging::root_id();
        let mut known = Some(false);
        let put = async {
            let (size, chunks, digest) = self.put_chunks(&chunks_of(bucket, &id), content).await?;
            let mut told = self.put_meta(bucket, name, &id, size, chunks, &digest).await;
            if matches!(told, Err(ObjectError::Unavailable(_))) {
                // It may have been taken, and the word of it lost.
                known = self.knows(&store, bucket, name, &id).await;
                told = if known == Some(true) { Ok(()) } else { told };
            }
            told?;
            Ok(ObjectInfo { size: size as u64, sha256: hex(&digest) })
        };
        let put = put.await;
        // What nobody can get any more: these chunks, or those of the object that they replace. Where that is not known, neither goes.
        let left = match (&put, known) {
            (Ok(_), _) => before.map(|meta| meta.nuid),
            (Err(_), Some(_)) => Some(id),
            (Err(_), None) => None,
        };
        if let Some(id) = left
            && let Err(error) = self.forget(bucket, &id).await
        {
            tracing::warn!(bucket, object = name, %error, "chunks stay behind");
        }
        put
    }

    pub(crate) async fn get(&self, bucket: &str, name: &str) -> Result<Content, ObjectError> {
        let place = format!("{bucket}/{name}");
        let store = self.bucket(bucket).await?.ok_or_else(|| ObjectError::Absent(place.clone()))?;
        let object = within(self.limit, async {
            store.get(name).await.map_err(|error| match error.kind() {
                GetErrorKind::NotFound => ObjectError::Absent(place.clone()),
                GetErrorKind::InvalidName | GetErrorKind::BucketLink => ObjectError::Refused(error.to_string()),
                GetErrorKind::ConsumerCreate | GetErrorKind::TimedOut | GetErrorKind::Other => unavailable(error),
            })
        })
        .await?;
        let limit = self.limit;
        let next = move |reading: Option<Object>| {
            let place = place.clone();
            async move {
                let Some(mut object) = reading else { return Ok(None) };
                let mut chunk = BytesMut::with_capacity(CHUNK);
                let read = within(limit, async {
                    object.read_buf(&mut chunk).await.map_err(|error| match error.kind() {
                        std::io::ErrorKind::InvalidData => ObjectError::Damaged(place.clone()),
                        _ => unavailable(error),
                    })
                });
                Ok((read.await? > 0).then(|| (chunk.freeze(), Some(object))))
            }
        };
        Ok(stream::try_unfold(Some(object), next).boxed())
    }

    pub(crate) async fn info(&self, bucket: &str, name: &str) -> Result<ObjectInfo, ObjectError> {
        let absent = || ObjectError::Absent(format!("{bucket}/{name}"));
        let store = self.bucket(bucket).await?.ok_or_else(absent)?;
        let meta = self.meta(&store, bucket, name).await?;
        let digest = meta.digest.as_deref().and_then(|digest| URL_SAFE.decode(digest.strip_prefix("SHA-256=")?).ok());
        let digest = digest.ok_or_else(|| ObjectError::Damaged(format!("{bucket}/{name}")))?;
        Ok(ObjectInfo { size: meta.size as u64, sha256: hex(&digest) })
    }

    pub(crate) async fn delete(&self, bucket: &str, name: &str) -> Result<(), ObjectError> {
        let Some(store) = self.bucket(bucket).await? else { return Ok(()) };
        match self.meta(&store, bucket, name).await {
            Err(ObjectError::Absent(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => within(self.limit * 2, async { store.delete(name).await.map_err(unavailable) }).await,
        }
    }

    /// The bucket, if it is there.
    async fn bucket(&self, bucket: &str) -> Result<Option<ObjectStore>, ObjectError> {
        token(bucket).map_err(failed)?;
        within(self.limit * 2, async {
            if streams::state(self.context, &format!("OBJ_{bucket}")).await.map_err(failed)?.is_none() {
                return Ok(None);
            }
            self.context.get_object_store(bucket).await.map(Some).map_err(unavailable)
        })
        .await
    }

    async fn make(&self, bucket: &str) -> Result<ObjectStore, ObjectError> {
        let config = Config { bucket: bucket.to_owned(), num_replicas: self.replicas.max(1), compression: true, ..Config::default() };
        within(self.limit, async { self.context.create_object_store(config).await.map_err(unavailable) }).await
    }

    async fn meta(&self, store: &ObjectStore, bucket: &str, name: &str) -> Result<Meta, ObjectError> {
        let absent = || ObjectError::Absent(format!("{bucket}/{name}"));
        let meta = within(self.limit, async {
            store.info(name).await.map_err(|error| match error.kind() {
                InfoErrorKind::NotFound => absent(),
                InfoErrorKind::InvalidName => ObjectError::Refused(error.to_string()),
                InfoErrorKind::TimedOut | InfoErrorKind::Other => unavailable(error),
            })
        });
        meta.await.and_then(|meta| if meta.deleted { Err(absent()) } else { Ok(meta) })
    }

    /// Whether the name stands for the object of this id; `None` = the broker does not say.
    async fn knows(&self, store: &ObjectStore, bucket: &str, name: &str, id: &str) -> Option<bool> {
        match self.meta(store, bucket, name).await {
            Ok(meta) => Some(meta.nuid == id),
            Err(ObjectError::Absent(_)) => Some(false),
            Err(_) => None,
        }
    }

    /// One chunk after the other, each on disk before the next is asked for; bytes, chunks and digest of the whole.
    async fn put_chunks(&self, subject: &str, content: Content) -> Result<(usize, usize, Vec<u8>), ObjectError> {
        let (mut content, mut held, mut digest) = (content, BytesMut::new(), Sha256::new());
        let (mut size, mut chunks, mut ended) = (0, 0, false);
        while !ended {
            match content.try_next().await? {
                Some(piece) => held.extend_from_slice(&piece),
                None => ended = true,
            }
            while held.len() >= CHUNK || (ended && !held.is_empty()) {
                let chunk = held.split_to(held.len().min(CHUNK)).freeze();
                digest.update(&chunk);
                size += chunk.len();
                chunks += 1;
                self.publish(subject.to_owned(), HeaderMap::new(), chunk).await?;
            }
        }
        Ok((size, chunks, digest.finalize().to_vec()))
    }

    async fn put_meta(&self, bucket: &str, name: &str, id: &str, size: usize, chunks: usize, digest: &[u8]) -> Result<(), ObjectError> {
        let meta = Meta {
            name: name.to_owned(),
            description: None,
            metadata: Default::default(),
            headers: None,
            options: Some(ObjectOptions { link: None, max_chunk_size: Some(CHUNK) }),
            bucket: bucket.to_owned(),
            nuid: id.to_owned(),
            size,
            chunks,
            modified: None,
            digest: Some(format!("SHA-256={}", URL_SAFE.encode(digest))),
            deleted: false,
        };
        let body = serde_json::to_vec(&meta).map_err(|error| ObjectError::Refused(error.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Rollup", "sub");
        self.publish(format!("$O.{bucket}.M.{}", URL_SAFE.encode(name)), headers, body.into()).await
    }

    async fn publish(&self, subject: String, headers: HeaderMap, body: Bytes) -> Result<(), ObjectError> {
        within(self.limit, async {
            let ack = self.context.publish_with_headers(subject, headers, body).await.map_err(unavailable)?;
            ack.await.map(|_| ()).map_err(unavailable)
        })
        .await
    }

    async fn forget(&self, bucket: &str, id: &str) -> Result<(), ObjectError> {
        within(self.limit, async {
            let stream = self.context.get_stream_no_info(format!("OBJ_{bucket}")).await.map_err(unavailable)?;
            stream.purge().filter(chunks_of(bucket, id)).await.map(|_| ()).map_err(unavailable)
        })
        .await
    }
}

/// The subject of an object's chunks.
fn chunks_of(bucket: &str, id: &str) -> String {
    format!("$O.{bucket}.C.{id}")
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, ObjectError>>) -> Result<T, ObjectError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(unavailable("no answer in time")))
}

fn unavailable(error: impl Display) -> ObjectError {
    ObjectError::Unavailable(error.to_string())
}

fn failed(error: BrokerError) -> ObjectError {
    match error {
        BrokerError::Refused(text) => ObjectError::Refused(text),
        other => unavailable(other),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
