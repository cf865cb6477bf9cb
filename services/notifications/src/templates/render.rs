//! Finding the right text and filling it.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

use super::{filters, sources::SOURCES};
use crate::domain::{Channel, DEFAULT_LOCALE};

/// A message as it will be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line; empty on channels without titles.
    pub title: String,
    pub body: String,
    /// An emoji or the address of a picture, as the event gave it; empty where it did not.
    pub icon: String,
    /// The language it is written in.
    pub locale: String,
}

/// Why there is no text. Trying again gives the same.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// There is no such template on this channel.
    #[error("there is no template {name} for {channel}")]
    Unknown { name: String, channel: Channel },
    /// The event lacks what the text needs.
    #[error("template {name}: {source:#}")]
    Unfilled { name: String, source: minijinja::Error },
}

/// All templates, compiled.
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Compiles what is embedded.
    ///
    /// # Errors
    /// A template with a fault in its syntax; a test sees to it that there is none.
    pub fn load() -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None); // these are texts, not pages
        filters::add(&mut environment);
        for source in SOURCES {
            for (locale, text) in source.texts {
                let (headers, body) = text.split_once("\n---\n").unwrap_or(("", text));
                let title = headers.lines().find_map(|line| line.strip_prefix("title:")).unwrap_or_default();
                environment.add_template_owned(part(source.name, source.channel, locale, "title"), title.trim())?;
                environment.add_template_owned(part(source.name, source.channel, locale, "body"), body)?;
            }
        }
        Ok(Self { environment })
    }

    /// The templates for a type of event, or for a template's own name: a name and a channel each, its own channel first.
    /// None: nobody is told of this.
    pub fn of(&self, type_or_name: &str) -> impl Iterator<Item = (&'static str, Channel)> + use<> {
        let name = type_or_name.replace('.', "_");
        SOURCES.iter().filter(move |source| source.name == name).map(|source| (source.name, source.channel))
    }

    /// The text in this language, else in the language without its region, else in English; filled with the event.
    pub fn render(&self, name: &str, channel: Channel, locale: &str, data: &Value) -> Result<Rendered, TemplateError> {
        let locale = self.locale_for(name, channel, locale).ok_or_else(|| TemplateError::Unknown { name: name.to_owned(), channel })?;
        let mut context = data.clone();
        if let Value::Object(fields) = &mut context {
            fields.insert("locale".to_owned(), Value::from(locale.as_str()));
        }
        let fill = |which| {
            let name = part(name, channel, &locale, which);
            let filled = self.environment.get_template(&name).and_then(|template| template.render(&context));
            filled.map_err(|source| TemplateError::Unfilled { name, source })
        };
        let title = fill("title")?.split_whitespace().collect::<Vec<_>>().join(" "); // a line break in it would be a header of its own
        let body = fill("body")?.trim().to_owned();
        let icon = data.get("icon").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Rendered { title, body, icon, locale })
    }

    fn locale_for(&self, name: &str, channel: Channel, locale: &str) -> Option<String> {
        let language = locale.split(['-', '_']).next().unwrap_or_default();
        let known = |locale: &&str| self.environment.get_template(&part(name, channel, locale, "body")).is_ok();
        [locale, language, DEFAULT_LOCALE].into_iter().find(known).map(str::to_owned)
    }
}

fn part(name: &str, channel: Channel, locale: &str, which: &str) -> String {
    format!("{locale}/{name}.{channel}.{which}")
}
