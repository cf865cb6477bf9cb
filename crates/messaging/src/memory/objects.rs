//! Objects in this process.

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};

use super::{MemoryBroker, token};
use crate::objects::{Content, ObjectError, ObjectInfo, ObjectStore};

/// Bytes handed out at a time.
const CHUNK: usize = 128 << 10;

impl MemoryBroker {
    fn object(&self, bucket: &str, name: &str) -> Result<Bytes, ObjectError> {
        let state = self.shared.up().map_err(unavailable)?;
        let object = state.objects.get(&(bucket.to_owned(), name.to_owned())).cloned();
        object.ok_or_else(|| ObjectError::Absent(format!("{bucket}/{name}")))
    }
}

impl ObjectStore for MemoryBroker {
    fn put<'a>(&'a self, bucket: &'a str, name: &'a str, content: Content) -> BoxFuture<'a, Result<ObjectInfo, ObjectError>> {
        async move {
            named(bucket, name)?;
            let whole = content.try_fold(BytesMut::new(), |mut whole, chunk| async move {
                whole.extend_from_slice(&chunk);
                Ok(whole)
            });
            let whole = whole.await?.freeze();
            let info = info(&whole);
            self.shared.up().map_err(unavailable)?.objects.insert((bucket.to_owned(), name.to_owned()), whole);
            Ok(info)
        }
        .boxed()
    }

    fn get<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<Content, ObjectError>> {
        async move {
            let mut rest = self.object(bucket, name)?;
            let chunks = std::iter::from_fn(move || (!rest.is_empty()).then(|| Ok(rest.split_to(rest.len().min(CHUNK)))));
            Ok(stream::iter(chunks).boxed())
        }
        .boxed()
    }

    fn info<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<ObjectInfo, ObjectError>> {
        async move { self.object(bucket, name).map(|object| info(&object)) }.boxed()
    }

    fn delete<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), ObjectError>> {
        async move {
            self.shared.up().map_err(unavailable)?.objects.remove(&(bucket.to_owned(), name.to_owned()));
            Ok(())
        }
        .boxed()
    }
}

/// Names that JetStream would take too.
fn named(bucket: &str, name: &str) -> Result<(), ObjectError> {
    token(bucket).map_err(|error| ObjectError::Refused(error.to_string()))?;
    if name.is_empty() { Err(ObjectError::Refused("an object has a name".to_owned())) } else { Ok(()) }
}

fn info(object: &Bytes) -> ObjectInfo {
    let sha256 = Sha256::digest(object).iter().map(|byte| format!("{byte:02x}")).collect();
    ObjectInfo { size: object.len() as u64, sha256 }
}

fn unavailable(error: impl std::fmt::Display) -> ObjectError {
    ObjectError::Unavailable(error.to_string())
}
