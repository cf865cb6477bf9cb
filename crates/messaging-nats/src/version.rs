//! Which servers are new enough.

use std::fmt;

/// A server's version; pre-release tags are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion {
    /// `2` in 2.15.1.
    pub major: u32,
    /// `15` in 2.15.1.
    pub minor: u32,
    /// `1` in 2.15.1.
    pub patch: u32,
}

/// The oldest server that does what we ask of it.
pub const OLDEST: ServerVersion = ServerVersion { major: 2, minor: 12, patch: 0 };

/// The server is too old, or says a version that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nats-server {0:?} is too old: {OLDEST} or newer is needed, because older servers take newer settings and silently ignore them")]
pub struct TooOld(String);

impl ServerVersion {
    /// Reads `2.15.1`, `v2.15.1` and `2.14.0-RC.1`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let (major, minor, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let patch = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()?, patch: patch.parse().ok()? })
    }

    /// Refuses what is older than [`OLDEST`].
    pub fn check(text: &str) -> Result<Self, TooOld> {
        Self::parse(text).filter(|version| *version >= OLDEST).ok_or_else(|| TooOld(text.to_owned()))
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_refused_and_the_message_names_what_is_needed() {
        for old in ["2.9.10", "2.11.99", "1.4.1", "v2.10.25", "", "new"] {
            let refused = ServerVersion::check(old).expect_err(old).to_string();
            assert!(refused.contains("2.12.0 or newer") && refused.contains(old), "{refused}");
        }
    }

    #[test]
    fn a_server_from_2_12_on_is_taken() {
        for new in ["2.12.0", "2.15.1", "v2.15.1", "2.14.0-RC.1", "3.0.0-dev"] {
            assert!(ServerVersion::check(new).is_ok(), "{new}");
        }
        assert!(ServerVersion::parse("2.9.10") < ServerVersion::parse("2.12.0"));
    }
}
