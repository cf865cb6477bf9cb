//! One address on one channel, and how it may be shown.

use super::Channel;

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub channel: Channel,
    /// Of the channel's kind: a mail address, a phone number, a device token, a URL.
    pub address: String,
    /// The language to write in.
    pub locale: String,
}

impl Recipient {
    /// Enough to recognise it by, too little to use it: `a***@example.com`, `***789`, `https://example.com/***`.
    pub fn masked(&self) -> String {
        mask(self.channel, &self.address)
    }

    /// Whether the channel could deliver there at all. Line breaks would write headers of their own.
    pub fn is_plausible(&self) -> bool {
        let address = self.address.as_str();
        let plain = !address.is_empty() && !address.chars().any(|letter| letter.is_control() || letter.is_whitespace());
        match self.channel {
            Channel::Email => plain && address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
            Channel::Sms => {
                address.chars().filter(char::is_ascii_digit).count() >= 3
                    && address.chars().all(|letter| "+0123456789 -()".contains(letter))
            }
            Channel::Push => plain,
            Channel::Webhook => plain && split_url(address).is_some(),
        }
    }
}

fn mask(channel: Channel, address: &str) -> String {
    match (channel, address.split_once('@'), split_url(address)) {
        (Channel::Email, Some((name, host)), _) => {
            let first: String = name.chars().take(1).collect();
            format!("{first}***@{host}")
        }
        (Channel::Webhook, _, Some((scheme, host))) => format!("{scheme}://{host}/***"),
        (Channel::Sms | Channel::Push, _, _) => {
            let letters: Vec<char> = address.chars().collect();
            let shown = if letters.len() > 3 { &letters[letters.len() - 3..] } else { &[] };
            format!("***{}", shown.iter().collect::<String>())
        }
        _ => "***".to_owned(),
    }
}

/// Scheme and host of a URL that we would call; a user and password before the host are left out.
fn split_url(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some((scheme, host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(channel: Channel, address: &str) -> Recipient {
        Recipient { channel, address: address.into(), locale: "en".into() }
    }

    #[test]
    fn a_mask_recognises_but_does_not_reach() {
        for (channel, address, masked) in [
            (Channel::Email, "ada@example.com", "a***@example.com"),
            (Channel::Email, "é@example.com", "é***@example.com"),
            (Channel::Email, "nonsense", "***"),
            (Channel::Sms, "+8613800000789", "***789"),
            (Channel::Sms, "110", "***"),
            (Channel::Push, "device-abcdef", "***def"),
            (Channel::Webhook, "https://example.com/hooks?secret=1", "https://example.com/***"),
            (Channel::Webhook, "https://me:pw@example.com:8443/x", "https://example.com:8443/***"),
            (Channel::Webhook, "nonsense", "***"),
        ] {
            assert_eq!(to(channel, address).masked(), masked, "{address}");
        }
    }

    #[test]
    fn an_address_must_be_of_its_channels_kind() {
        for (channel, address, plausible) in [
            (Channel::Email, "ada@example.com", true),
            (Channel::Email, "ada", false),
            (Channel::Email, "@example.com", false),
            (Channel::Email, "ada@example.com\r\nBcc: eve@example.com", false),
            (Channel::Sms, "+86 138-0000-0000", true),
            (Channel::Sms, "call me", false),
            (Channel::Push, "device-abcdef", true),
            (Channel::Push, "", false),
            (Channel::Webhook, "http://127.0.0.1:9/hook", true),
            (Channel::Webhook, "ftp://example.com", false),
            (Channel::Webhook, "http:///nowhere", false),
        ] {
            assert_eq!(to(channel, address).is_plausible(), plausible, "{address}");
        }
    }
}
