//! Messages as files, one each: the default, to be read with any pager.

use std::path::PathBuf;

use futures::future::BoxFuture;
use lettre::message::Mailbox;

use super::{Message, SendError, Sender, mail};
use crate::domain::Channel;

/// Writes mails as `.eml`, all else as `.txt`, named by the key: sent twice is one file. It appears whole or not at all; it is not
/// forced to disk, so a power cut (no kill) can lose the youngest.
pub struct FileSender {
    folder: PathBuf,
    from: Mailbox,
}

impl FileSender {
    /// Files go to `folder`, which is made when the first one comes; mails are from `from`.
    pub fn new(folder: impl Into<PathBuf>, from: Mailbox) -> Self {
        Self { folder: folder.into(), from }
    }

    async fn write(&self, key: &str, message: &Message) -> Result<(), SendError> {
        let (bytes, ending) = match message.to.channel {
            Channel::Email => (mail::build(&self.from, key, message, true)?.formatted(), "eml"),
            _ => (text(message).into_bytes(), "txt"),
        };
        let name = mail::plain(key);
        let (draft, file) = (self.folder.join(format!(".{name}.{ending}.draft")), self.folder.join(format!("{name}.{ending}")));
        let stored = async {
            tokio::fs::create_dir_all(&self.folder).await?;
            tokio::fs::write(&draft, bytes).await?;
            tokio::fs::rename(&draft, &file).await
        };
        stored.await.map_err(|error| SendError::Transient(format!("{}: {error}", file.display())))
    }
}

impl Sender for FileSender {
    fn send<'a>(&'a self, idempotency_key: &'a str, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.write(idempotency_key, message))
    }
}

fn text(message: &Message) -> String {
    let mut text = format!("Channel: {}\nTo: {}\n", message.to.channel, message.to.address);
    for (header, value) in [("Title", &message.title), ("Icon", &message.icon)] {
        if !value.is_empty() {
            text.push_str(&format!("{header}: {value}\n"));
        }
    }
    format!("{text}\n{}\n", message.body)
}
