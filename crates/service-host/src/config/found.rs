//! What a check finds wrong with the values of a section.

pub(super) const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Keys and what is wrong with their values.
pub(super) type Wrong = Vec<(String, String)>;

/// Gathers what is wrong, key by key.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Stands before every key; empty at the top.
    section: &'static str,
    pub(super) wrong: Wrong,
}

impl Found {
    pub(super) fn below(section: &'static str) -> Self {
        Self { section, wrong: Wrong::new() }
    }

    /// A fault unless this is `right`. The key is that below the section, e.g. `timeout_ms`; the message goes on from it: `must not be empty`.
    pub fn unless(&mut self, right: bool, key: impl Into<String>, message: &str) {
        if !right {
            let key = key.into();
            let key = if self.section.is_empty() { key } else { format!("{}.{key}", self.section) };
            self.wrong.push((key, message.to_owned()));
        }
    }

    /// A fault unless it is a time that something may take.
    pub fn milliseconds(&mut self, key: &str, value: u64) {
        self.unless((1..=DAY_MS).contains(&value), key, "must be between 1 ms and a day");
    }
}

/// Whether it starts with one of these schemes, such as `https://`, and goes on.
pub fn is_url(text: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme))
}
