//! The port to the object store: bodies too large for a message, kept beside the streams. Events carry a reference to them (claim check).
//!
//! The promise that every implementation keeps, proved by `testkit::broker_suite`:
//! - what a put acknowledged is there byte for byte until it is deleted; the same name again replaces it;
//! - a put that fails leaves under its name what was there before, and of its own nothing;
//! - what is not there is told apart from a store that does not answer, and from content that is not what was put;
//! - content flows: whoever puts or gets holds a few chunks of it, never the whole.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;

/// Bytes on their way; it ends after the first error.
pub type Content = BoxStream<'static, Result<Bytes, ObjectError>>;

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Bytes.
    pub size: u64,
    /// Of the content, lower-case hex.
    pub sha256: String,
}

/// Why an object was not put, or cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// There is none of this name.
    #[error("object {0} does not exist")]
    Absent(String),
    /// Not connected, or no answer in time: try again later.
    #[error("object store unavailable: {0}")]
    Unavailable(String),
    /// It is there, and its content is not what was put.
    #[error("object {0} is damaged")]
    Damaged(String),
    /// The store said no.
    #[error("object store refused: {0}")]
    Refused(String),
    /// Whoever gave the content did not go on.
    #[error("content broken off: {0}")]
    BrokenOff(String),
}

/// A store of objects, in buckets of the same kind.
pub trait ObjectStore: Send + Sync + 'static {
    /// Stores what the content amounts to; a missing bucket (`[A-Za-z0-9_-]+`) is made. An error in the content ends the put with it.
    fn put<'a>(&'a self, bucket: &'a str, name: &'a str, content: Content) -> BoxFuture<'a, Result<ObjectInfo, ObjectError>>;

    /// The content. What is found out on the way comes as its last item.
    fn get<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<Content, ObjectError>>;

    /// What is known of it.
    fn info<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<ObjectInfo, ObjectError>>;

    /// Removes it; it may be gone already.
    fn delete<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), ObjectError>>;
}
