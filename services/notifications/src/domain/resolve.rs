//! From "tell this user" to one address, or to the reason why not.

use super::{Channel, Contact, Preferences, Recipient};

/// The language of those who did not say.
pub const DEFAULT_LOCALE: &str = "en";

/// Why nothing is sent. Neither gets better by trying again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// The user wants quiet on this channel: suppressed, not failed.
    #[error("the user wants quiet on this channel")]
    Quiet,
    /// Nobody knows an address.
    #[error("no address")]
    NoAddress,
    /// The address is none of the channel's kind.
    #[error("bad address")]
    BadAddress(Recipient),
}

impl Unreachable {
    /// The reason for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::NoAddress => "no_address",
            Self::BadAddress(_) => "bad_address",
        }
    }
}

/// Where a message goes. The address that was named (`to`) wins, then the event's own contact, then what is known of the user; the same
/// for the language. Quiet holds whatever the address.
pub fn resolve(channel: Channel, to: &str, event: Option<&Contact>, user: Option<&Preferences>) -> Result<Recipient, Unreachable> {
    if user.is_some_and(|user| user.quiet.contains(&channel)) {
        return Err(Unreachable::Quiet);
    }
    let contacts = || event.into_iter().chain(user.map(|user| &user.contact));
    let first = |of: fn(&Contact, Channel) -> &str| contacts().map(|contact| of(contact, channel)).find(|text| !text.is_empty());
    let address = Some(to).filter(|to| !to.is_empty()).or_else(|| first(Contact::address)).ok_or(Unreachable::NoAddress)?;
    let locale = first(|contact, _| &contact.locale).unwrap_or(DEFAULT_LOCALE);
    let recipient = Recipient { channel, address: address.to_owned(), locale: locale.to_owned() };
    if recipient.is_plausible() { Ok(recipient) } else { Err(Unreachable::BadAddress(recipient)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(email: &str, locale: &str) -> Contact {
        Contact { email: email.into(), locale: locale.into(), ..Contact::default() }
    }

    fn user(email: &str, locale: &str) -> Preferences {
        Preferences { contact: contact(email, locale), ..Preferences::default() }
    }

    fn found(to: &str, event: Option<&Contact>, user: Option<&Preferences>) -> (String, String) {
        let recipient = resolve(Channel::Email, to, event, user).expect("reachable");
        (recipient.address, recipient.locale)
    }

    #[test]
    fn the_events_contact_wins_over_what_is_known() {
        let (event, user) = (contact("event@x.org", "zh-CN"), user("user@x.org", "en"));
        assert_eq!(found("", Some(&event), Some(&user)), ("event@x.org".into(), "zh-CN".into()));
        assert_eq!(found("", None, Some(&user)), ("user@x.org".into(), "en".into()));
        assert_eq!(found("named@x.org", Some(&event), Some(&user)), ("named@x.org".into(), "zh-CN".into()));
    }

    #[test]
    fn what_the_event_leaves_out_the_user_fills_in() {
        let user = user("user@x.org", "zh");
        assert_eq!(found("", Some(&Contact::default()), Some(&user)), ("user@x.org".into(), "zh".into()));
        assert_eq!(found("", Some(&contact("event@x.org", "")), Some(&user)), ("event@x.org".into(), "zh".into()));
        assert_eq!(found("", Some(&contact("event@x.org", "")), None).1, "en");
    }

    #[test]
    fn without_an_address_nothing_is_sent() {
        let event = contact("event@x.org", "");
        for channel in [Channel::Sms, Channel::Push, Channel::Webhook] {
            assert_eq!(resolve(channel, "", Some(&event), None), Err(Unreachable::NoAddress));
        }
        assert_eq!(resolve(Channel::Email, "", None, None).unwrap_err().reason(), "no_address");
    }

    #[test]
    fn quiet_holds_whatever_the_address() {
        let quiet = Preferences { quiet: [Channel::Email].into(), ..user("user@x.org", "en") };
        assert_eq!(resolve(Channel::Email, "named@x.org", None, Some(&quiet)), Err(Unreachable::Quiet));
        assert!(resolve(Channel::Sms, "+8613800000000", None, Some(&quiet)).is_ok());
    }

    #[test]
    fn an_address_of_another_kind_is_refused() {
        assert_eq!(resolve(Channel::Email, "+8613800000000", None, None).unwrap_err().reason(), "bad_address");
    }
}
