//! Pages of a list, after AIP-158: a size, and an opaque token that continues where the last page ended.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Status;

use crate::status;

const VERSION: u8 = 1;
/// Bytes of a hash that are kept: enough against mistakes. A token is no authorisation, so nobody gains by forging one.
const HASH: usize = 6;
/// Bytes of a page at most: clients take 4 MiB, and an answer may hold more than its page.
const BYTES: usize = 2 << 20;
/// Bytes around a row in the answer, at most: a tag and a length.
const FRAME: usize = 8;
/// Characters; a longer token is none of ours.
const TOKEN: usize = 1_024;

/// The page that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most so many rows.
    pub limit: usize,
    /// The key of the last row already seen; absent on the first page.
    pub after: Option<String>,
    filters: [u8; HASH],
}

impl Page {
    /// Reads `page_size` and `page_token` of a request. `filters` are its other arguments, always in the same order: a token is good for them alone.
    /// Size 0 means `default`, above `max` means `max`.
    ///
    /// INVALID_ARGUMENT for a negative size, a token that is not ours, or one of a request with other arguments.
    pub fn parse(page_size: i32, page_token: &str, filters: &[&str], default: usize, max: usize) -> Result<Self, Status> {
        let limit = match usize::try_from(page_size) {
            Err(_) => return Err(status::invalid_field("page_size", "must not be negative")),
            Ok(0) => default,
            Ok(size) => size.min(max),
        };
        let filters = fingerprint(filters);
        if page_token.is_empty() {
            return Ok(Self { limit, after: None, filters });
        }
        let Some((bound_to, after)) = open(page_token) else {
            return Err(status::invalid_field("page_token", "is not a token of this service; leave it empty for the first page"));
        };
        if bound_to != filters {
            return Err(status::invalid_field(
                "page_token",
                "belongs to a request with other arguments; only page_size may change between pages",
            ));
        }
        Ok(Self { limit, after: Some(after), filters })
    }

    /// The token that continues after `last_key`.
    pub fn next(&self, last_key: &str) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.filters);
        bytes.extend(last_key.as_bytes());
        bytes.extend(checksum(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Cuts rows, of which one more than `limit` was fetched where there are more, to the page as it is shown, with the token of the next; empty when
    /// this is the last. A page ends early where the next row would make it longer than 2 MiB, but has a row at least.
    pub fn cut<T, M: Message>(&self, rows: Vec<T>, key: impl Fn(&T) -> String, show: impl Fn(T) -> M) -> (Vec<M>, String) {
        let (mut shown, mut bytes, mut last) = (Vec::new(), 0, String::new());
        for row in rows {
            let place = key(&row);
            let row = show(row);
            bytes += row.encoded_len() + FRAME;
            if shown.len() == self.limit || (bytes > BYTES && !shown.is_empty()) {
                return (shown, self.next(&last));
            }
            shown.push(row);
            last = place;
        }
        (shown, String::new())
    }
}

fn open(token: &str) -> Option<([u8; HASH], String)> {
    let bytes = URL_SAFE_NO_PAD.decode(token.as_bytes().get(..token.len().min(TOKEN + 1))?).ok()?;
    let (content, sum) = bytes.split_last_chunk::<HASH>()?;
    if *sum != checksum(content) {
        return None;
    }
    let (filters, key) = content.strip_prefix(&[VERSION])?.split_first_chunk::<HASH>()?;
    Some((*filters, String::from_utf8(key.to_vec()).ok()?))
}

/// Each part with its length before it, so that no two lists read the same.
fn fingerprint(filters: &[&str]) -> [u8; HASH] {
    let mut hash = Sha256::new();
    for filter in filters {
        hash.update((filter.len() as u64).to_be_bytes());
        hash.update(filter.as_bytes());
    }
    head(hash)
}

fn checksum(content: &[u8]) -> [u8; HASH] {
    head(Sha256::new().chain_update("ensue page token").chain_update(content))
}

fn head(hash: Sha256) -> [u8; HASH] {
    let digest = hash.finalize();
    std::array::from_fn(|at| digest[at])
}
