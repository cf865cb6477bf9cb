//! Reads a raw file out of the object store, as it comes: nobody holds the whole.

use std::io;
use std::sync::Arc;

use futures::TryStreamExt;
use messaging::{ObjectError, ObjectStore};
use tokio::sync::Semaphore;
use tokio_util::io::{StreamReader, SyncIoBridge};

use crate::commands::Verdict;
use crate::config;
use crate::domain::{Data, Reason};
use crate::formats::{self, ReadError};

/// What reads files, a few at a time. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    objects: Arc<dyn ObjectStore>,
    room: Arc<Semaphore>,
}

/// Why nobody knows what is in a file.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The file cannot be had.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// It broke off on the way.
    #[error("reading: {0}")]
    Io(io::Error),
}

impl Reader {
    /// A reader of this store's files.
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, room: Arc::new(Semaphore::new(config::READERS)) }
    }

    /// The verdict on a file, and what is now known of the file itself: size, checksum, format.
    pub async fn read(&self, mut data: Data) -> Result<(Verdict, Data), Unread> {
        let _room = self.room.acquire().await;
        let info = self.objects.info(&data.bucket, &data.object).await?;
        if !data.sha256.is_empty() && data.sha256 != info.sha256 {
            let refused = Reason::Damaged.because("the file kept is another one than the reference says");
            return Ok((Verdict::Refused(refused), data));
        }
        (data.size, data.sha256) = (info.size, info.sha256);
        if info.size > config::FILE {
            return Ok((Verdict::Refused(Reason::TooLarge.because(format!("{} bytes, at most {}", info.size, config::FILE))), data));
        }
        let content = self.objects.get(&data.bucket, &data.object).await?;
        let claimed = data.format.or_else(|| formats::named(&data.file_name));
        let source = SyncIoBridge::new(StreamReader::new(content.map_err(io::Error::other)));
        let read = tokio::task::spawn_blocking(move || formats::read(source, claimed)).await;
        let verdict = match read {
            Ok(Ok((format, recording))) => {
                data.format = Some(format);
                Verdict::Good(Arc::new(recording))
            }
            Ok(Err(ReadError::Refused(refused))) => Verdict::Refused(refused),
            Ok(Err(ReadError::Io(error))) => return Err(unread(error)),
            // A file that makes a parser panic is not one that it knows how to read.
            Err(panicked) => Verdict::Refused(Reason::Damaged.because(format!("its parser gave up: {panicked}"))),
        };
        Ok((verdict, data))
    }
}

/// What the store said, out of what became of it on the way through the parsers.
fn unread(error: io::Error) -> Unread {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if let Some(object) = inner.downcast_ref::<ObjectError>() {
            return Unread::Object(object.clone());
        }
        cause = match inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    Unread::Io(error)
}
