//! `smtp[s]://user:password@host:port` as settings.

use std::net::IpAddr;
use std::time::Duration;

use http::Uri;
use lettre::message::Mailbox;

use super::{SmtpSettings, SmtpTls};

impl SmtpSettings {
    /// Reads a URL. `smtps` is TLS from the first byte, `smtp` is STARTTLS or no mail, but plain to this machine and with `?tls=none`. User and
    /// password are percent-encoded where they need it.
    ///
    /// # Errors
    /// What is wrong, without the URL: it may hold a password.
    pub fn parse(url: &str, from: Mailbox, timeout: Duration) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("is no URL: {error}"))?;
        let authority = uri.authority().ok_or("has no host")?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let plain = match uri.query() {
            None => is_here(&host),
            Some("tls=none") => true,
            Some(_) => return Err("knows ?tls=none, and nothing else behind a question mark".to_owned()),
        };
        let (tls, usual) = match (uri.scheme_str(), plain) {
            (Some("smtps"), _) => (SmtpTls::Implicit, 465),
            (Some("smtp"), true) => (SmtpTls::None, 25),
            (Some("smtp"), false) => (SmtpTls::StartTls, 587),
            _ => return Err("must start with smtp:// or smtps://".to_owned()),
        };
        let credentials = match authority.as_str().rsplit_once('@').map(|(credentials, _)| credentials.split_once(':')) {
            None => None,
            Some(None) => return Err("names a user without a password".to_owned()),
            Some(Some((user, password))) => Some((decoded(user)?, decoded(password)?)),
        };
        Ok(Self { port: uri.port_u16().unwrap_or(usual), host, tls, credentials, from, timeout })
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn decoded(text: &str) -> Result<String, String> {
    let wrong = || "has a % that no two hexadecimal digits follow".to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| "user and password must be UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<SmtpSettings, String> {
        SmtpSettings::parse(url, "ensue@example.com".parse().expect("a mailbox"), Duration::from_secs(1))
    }

    #[test]
    fn a_url_says_where_how_and_as_whom() {
        for (url, host, port, tls, credentials) in [
            ("smtp://mail.example.com", "mail.example.com", 587, SmtpTls::StartTls, None),
            ("smtps://me:p%40ss%3A@mail.example.com", "mail.example.com", 465, SmtpTls::Implicit, Some(("me", "p@ss:"))),
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, SmtpTls::None, None),
            ("smtp://[::1]", "::1", 25, SmtpTls::None, None),
            ("smtp://mailhog:1025?tls=none", "mailhog", 1025, SmtpTls::None, None),
        ] {
            let settings = parsed(url).expect(url);
            let credentials = credentials.map(|(user, password)| (user.to_owned(), password.to_owned()));
            assert_eq!(
                (settings.host.as_str(), settings.port, settings.tls, settings.credentials),
                (host, port, tls, credentials),
                "{url}"
            );
        }
    }

    #[test]
    fn a_bad_url_says_what_is_wrong_and_no_password() {
        for url in ["smtp://", "http://mail.example.com", "smtp://me@host", "smtp://me:%zz@host", "smtp://host?tls=maybe"] {
            let reason = parsed(url).expect_err(url);
            assert!(!reason.contains("zz"), "{reason}");
        }
    }
}
