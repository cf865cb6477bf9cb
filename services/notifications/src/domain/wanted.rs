//! A message as people, programs and other services ask for it, in words of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Ask, Channel, Contact, Recipient};
use crate::templates::Templates;

/// What was asked for; empty texts are absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    pub user_id: String,
    pub to: String,
    /// None: the template's own, else email.
    pub channel: Option<Channel>,
    /// By its name or by the type of event it is for.
    pub template: String,
    pub about: String,
    pub title: String,
    pub message: String,
    pub icon: String,
    /// What the template asks for. Texts that are JSON lists or objects are taken as such.
    pub data: BTreeMap<String, String>,
    pub contact: Option<Contact>,
    pub locale: String,
}

/// A field that cannot stay as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {description}")]
pub struct Fault {
    pub field: &'static str,
    pub description: String,
}

impl Wanted {
    /// An ask without an id and a cause, or what is wrong with the wish.
    pub fn ask(self, templates: &Templates) -> Result<Ask, Fault> {
        let fault = |field, description: String| Fault { field, description };
        if self.user_id.is_empty() && self.to.is_empty() {
            return Err(fault("user_id", "is required unless `to` is given".to_owned()));
        }
        let (template, channel) = if self.template.is_empty() {
            (String::new(), self.channel.unwrap_or_default())
        } else {
            let of_it: Vec<(&str, Channel)> = templates.of(&self.template).collect();
            let own = of_it.first().ok_or_else(|| fault("template", format!("there is no template {}", self.template)))?;
            let channel = self.channel.unwrap_or(own.1);
            if !of_it.iter().any(|(_, its)| *its == channel) {
                return Err(fault("channel", format!("template {} is not for {channel}", own.0)));
            }
            (own.0.to_owned(), channel)
        };
        if template.is_empty() && self.message.is_empty() {
            return Err(fault("message", "is required without a template".to_owned()));
        }
        let named = Recipient { channel, address: self.to.clone(), locale: String::new() };
        if !self.to.is_empty() && !named.is_plausible() {
            return Err(fault("to", format!("is no address for {channel}")));
        }
        let order_id = self.data.get("order_id").cloned().unwrap_or_default();
        let data = self.data.into_iter().map(|(name, text)| (name, read(text))).collect::<Map<_, _>>();
        Ok(Ask {
            lane: if self.user_id.is_empty() { self.to.clone() } else { self.user_id.clone() },
            user_id: self.user_id,
            to: self.to,
            contact: self.contact,
            locale: self.locale,
            channel,
            template,
            title: self.title,
            message: self.message,
            icon: self.icon,
            data: Arc::new(Value::Object(data)),
            about: if self.about.is_empty() { "notification.requested".to_owned() } else { self.about },
            order_id,
            ..Ask::default()
        })
    }
}

fn read(text: String) -> Value {
    let structured = text.starts_with(['{', '[']).then(|| serde_json::from_str(&text).ok()).flatten();
    structured.unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted { user_id: "user-1".into(), message: "It rains.".into(), ..Wanted::default() }
    }

    fn asked(wanted: Wanted) -> Result<Ask, Fault> {
        wanted.ask(&Templates::load().expect("they compile"))
    }

    #[test]
    fn what_cannot_be_sent_names_its_field() {
        for (wanted, field) in [
            (Wanted { user_id: String::new(), ..wanted() }, "user_id"),
            (Wanted { message: String::new(), ..wanted() }, "message"),
            (Wanted { template: "order.forgotten".into(), ..wanted() }, "template"),
            (Wanted { template: "order.confirmed".into(), channel: Some(Channel::Push), ..wanted() }, "channel"),
            (Wanted { to: "nobody".into(), ..wanted() }, "to"),
        ] {
            assert_eq!(asked(wanted).expect_err(field).field, field);
        }
    }

    #[test]
    fn the_channel_is_the_templates_own_else_mail() {
        let with = |template: &str| Wanted { template: template.into(), ..wanted() };
        assert_eq!(asked(wanted()).expect("good").channel, Channel::Email);
        assert_eq!(asked(with("payment.completed")).expect("good").channel, Channel::Push);
        let sms = asked(Wanted { channel: Some(Channel::Sms), ..with("order_placed") }).expect("good");
        assert_eq!((sms.channel, sms.template.as_str()), (Channel::Sms, "order_placed"));
    }

    #[test]
    fn data_may_be_structured() {
        let data = [("total", r#"{"minor_units": 5, "currency": "CNY"}"#), ("order_id", "order-1"), ("note", "{not json")];
        let data = data.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let ask = asked(Wanted { data, ..wanted() }).expect("good");
        assert_eq!(
            *ask.data,
            serde_json::json!({"total": {"minor_units": 5, "currency": "CNY"}, "order_id": "order-1", "note": "{not json"})
        );
        assert_eq!(ask.order_id, "order-1");
    }
}
