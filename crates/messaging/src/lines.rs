//! Headers as a list to write, and as whatever a broker's client has them in to be looked at.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

/// Header names and values in the order they were written.
pub type Headers = Vec<(Cow<'static, str>, String)>;

/// Headers to look at. Those of a message that was read are in whatever form the broker's client has them: who reads makes an envelope of them, and
/// seldom keeps any.
pub trait Lines: Debug + Send + Sync {
    /// Shows each name and value; the values of one name in the order in which they were written.
    fn walk<'a>(&'a self, line: &mut dyn FnMut(&'a str, &'a str));
}

impl Lines for Headers {
    fn walk<'a>(&'a self, line: &mut dyn FnMut(&'a str, &'a str)) {
        for (name, value) in self {
            line(name, value);
        }
    }
}

impl Lines for Arc<dyn Lines> {
    fn walk<'a>(&'a self, line: &mut dyn FnMut(&'a str, &'a str)) {
        self.as_ref().walk(line);
    }
}

/// The value of a header, whatever the case of its name; of several the last.
pub fn get<'a>(headers: &'a dyn Lines, name: &str) -> Option<&'a str> {
    let mut found = None;
    headers.walk(&mut |known, value| {
        if known.eq_ignore_ascii_case(name) {
            found = Some(value);
        }
    });
    found
}

/// All of them, to be kept.
pub fn copied(headers: &dyn Lines) -> Headers {
    let mut copies = Headers::new();
    headers.walk(&mut |name, value| copies.push((Cow::Owned(name.to_owned()), value.to_owned())));
    copies
}
