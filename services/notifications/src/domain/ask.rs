//! "Tell this person that", and what becomes of it.

use std::sync::Arc;

use serde_json::Value;

use super::{Channel, Contact, Preferences, Recipient, Status, Unreachable, resolve};
use crate::templates::{Rendered, Templates};

/// One message that somebody wants to be sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// The notification's id: the same ask has the same.
    pub id: String,
    pub user_id: String,
    /// An address of the channel's kind; wins over all others.
    pub to: String,
    /// The event's own contact.
    pub contact: Option<Contact>,
    /// The language asked for; empty: the contact's.
    pub locale: String,
    pub channel: Channel,
    /// Empty: title and message as they are. With a template they stand in its place where they are given.
    pub template: String,
    pub title: String,
    pub message: String,
    /// Empty: the event's.
    pub icon: String,
    /// What the template is filled with, and what programs get.
    pub data: Arc<Value>,
    /// The type of event it is about.
    pub about: String,
    pub order_id: String,
    /// Messages of one lane on one channel leave in order.
    pub lane: String,
    /// The id of the event or command that asks; empty for a call.
    pub cause_id: String,
    pub cause_type: String,
}

/// What becomes of an ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes there, and says this.
    Send(Recipient, Rendered),
    /// It does not.
    Drop {
        /// Failed or suppressed.
        status: Status,
        /// Why, for machines first.
        error: String,
        /// The address that is no good; empty where there is none.
        masked: String,
    },
}

impl Ask {
    /// Decides. Nothing in it gets better by trying again.
    pub fn decide(&self, user: Option<&Preferences>, templates: &Templates) -> Fate {
        let drop = |status, error: String, masked| Fate::Drop { status, error, masked };
        let mut recipient = match resolve(self.channel, &self.to, self.contact.as_ref(), user) {
            Ok(recipient) => recipient,
            Err(why) => {
                let status = if why == Unreachable::Quiet { Status::Suppressed } else { Status::Failed };
                let masked = if let Unreachable::BadAddress(bad) = &why { bad.masked() } else { String::new() };
                return drop(status, why.reason().to_owned(), masked);
            }
        };
        if !self.locale.is_empty() {
            recipient.locale.clone_from(&self.locale);
        }
        match self.text(&recipient.locale, templates) {
            Ok(text) => Fate::Send(recipient, text),
            Err(error) => drop(Status::Failed, error, recipient.masked()),
        }
    }

    fn text(&self, locale: &str, templates: &Templates) -> Result<Rendered, String> {
        let mut text = match self.template.as_str() {
            "" => Rendered { title: String::new(), body: String::new(), icon: String::new(), locale: locale.to_owned() },
            name => templates.render(name, self.channel, locale, &self.data).map_err(|error| error.to_string())?,
        };
        for (given, part) in [(&self.title, &mut text.title), (&self.message, &mut text.body), (&self.icon, &mut text.icon)] {
            if !given.is_empty() {
                part.clone_from(given);
            }
        }
        // A line break in it would be a header of its own.
        text.title = text.title.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask() -> Ask {
        Ask { to: "ada@example.com".into(), title: "Hello".into(), message: "It rains.".into(), ..Ask::default() }
    }

    fn decided(ask: Ask) -> Fate {
        ask.decide(None, &Templates::load().expect("they compile"))
    }

    #[test]
    fn without_a_template_it_says_what_was_given() {
        let Fate::Send(to, text) = decided(Ask { icon: "🌧".into(), title: "Hello\nBcc: eve".into(), ..ask() }) else { panic!("sent") };
        assert_eq!((to.address.as_str(), to.locale.as_str()), ("ada@example.com", "en"));
        assert_eq!((text.title.as_str(), text.body.as_str(), text.icon.as_str()), ("Hello Bcc: eve", "It rains.", "🌧"));
    }

    #[test]
    fn what_is_given_stands_in_the_templates_place() {
        let data = Arc::new(json!({"user_id": "user-1", "name": "Ada"}));
        let ask = Ask { template: "user_registered".into(), locale: "zh-CN".into(), message: String::new(), data, ..ask() };
        let Fate::Send(_, text) = decided(ask) else { panic!("sent") };
        assert_eq!((text.title.as_str(), text.locale.as_str()), ("Hello", "zh"));
        assert!(text.body.contains("Ada，欢迎您"), "{}", text.body);
    }

    #[test]
    fn what_cannot_be_filled_fails_with_the_templates_name() {
        let Fate::Drop { status, error, masked } = decided(Ask { template: "order_confirmed".into(), ..ask() }) else { panic!("dropped") };
        assert_eq!((status, masked.as_str()), (Status::Failed, "a***@example.com"));
        assert!(error.contains("order_confirmed"), "{error}");
    }

    #[test]
    fn quiet_is_no_failure() {
        let user = Preferences { quiet: [Channel::Email].into(), ..Preferences::default() };
        let fate = ask().decide(Some(&user), &Templates::load().expect("they compile"));
        assert_eq!(fate, Fate::Drop { status: Status::Suppressed, error: "quiet".into(), masked: String::new() });
    }
}
