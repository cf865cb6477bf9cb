//! Messages as files, one each: the default, to be read with any pager.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use lettre::message::Mailbox;

use super::{Message, SendError, Sender, mail};
use crate::domain::Channel;

/// Writes mails as `.eml`, all else as `.txt`, named by the key: sent twice is one file. It appears whole or not at all; it is not
/// forced to disk, so a power cut (no kill) can lose the youngest.
pub struct FileSender {
    folder: PathBuf,
    from: Mailbox,
    /// One at a time: the file system lets no two make a file in a folder, and burns a processor while one waits (measured).
    turn: Arc<Mutex<()>>,
}

impl FileSender {
    /// Files go to `folder`, which is made when the first one comes; mails are from `from`.
    pub fn new(folder: impl Into<PathBuf>, from: Mailbox) -> Self {
        Self { folder: folder.into(), from, turn: Arc::default() }
    }

    async fn write(&self, key: &str, message: &Message) -> Result<(), SendError> {
        let (bytes, ending) = match message.to.channel {
            Channel::Email => (mail::build(&self.from, key, message, true)?.formatted(), "eml"),
            _ => (text(message).into_bytes(), "txt"),
        };
        let (folder, name, turn) = (self.folder.clone(), format!("{}.{ending}", mail::plain(key)), self.turn.clone());
        let stored = tokio::task::spawn_blocking(move || {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            store(&folder, &name, &bytes).map_err(|error| SendError::Transient(format!("{}: {error}", folder.join(name).display())))
        });
        stored.await.unwrap_or_else(|error| Err(SendError::Transient(error.to_string())))
    }
}

fn store(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let draft = folder.join(format!(".{name}.draft"));
    match std::fs::write(&draft, bytes) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::fs::create_dir_all(folder)?;
            std::fs::write(&draft, bytes)?;
        }
        written => written?,
    }
    std::fs::rename(&draft, folder.join(name))
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
