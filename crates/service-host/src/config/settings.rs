//! What services declare: sections of their own, their defaults, and what is wrong with their values.

use std::any::type_name;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Value;

use super::fault::Fault;
use super::found::{Found, Wrong};
use super::keys::as_value;
use super::sections::Config;

/// A section of a service. Every field is a key, its default is [`Default`]'s, and a variable or a flag is read as that value's type. Text
/// that is not set is empty, so that every key has a default to be shown. A field called `…secret`, `…password` or `…token` is never shown,
/// nor is a password in a URL.
pub trait Settings: Serialize + DeserializeOwned + Default {
    /// Its name: `greeting` is `[greeting]` in the file and `ENSUE__GREETING__…` in the environment. Nobody else in the program may have it.
    const SECTION: &'static str;

    /// Says what types can't: ranges, and settings that need one another.
    fn check(&self, found: &mut Found) {
        let _ = found;
    }
}

impl Config {
    /// A service's settings; the defaults where none are set.
    pub fn of<S: Settings>(&self) -> S {
        // What was loaded has been read once, and what was put is of this type.
        let set = self.services.get(S::SECTION).and_then(|value| value.clone().try_into().ok());
        set.unwrap_or_default()
    }

    /// Sets them, for a test or a program without sources. They are not checked.
    ///
    /// # Panics
    /// When they hold what TOML can't: a number beyond 63 bits, a map whose keys are no text.
    pub fn put<S: Settings>(&mut self, settings: S) {
        let value = Value::try_from(settings).unwrap_or_else(|error| panic!("[{}] is no TOML: {error}", S::SECTION));
        self.services.insert(S::SECTION.to_owned(), value);
    }
}

/// The sections that a program's services declare. A service exports its own, the program gathers them with `collect`.
#[derive(Clone, Debug, Default)]
pub struct Sections(Vec<Section>);

#[derive(Clone, Copy, Debug)]
struct Section {
    name: &'static str,
    /// The type, which says whose it is.
    owner: &'static str,
    put_defaults: fn(&mut Config),
    check: fn(&Value) -> Result<Wrong, String>,
}

impl Sections {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// And this one.
    pub fn with<S: Settings>(mut self) -> Self {
        self.0.push(Section {
            name: S::SECTION,
            owner: type_name::<S>(),
            put_defaults: |config| config.put(S::default()),
            check: |value| {
                let settings: S = value.clone().try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
                let mut found = Found::below(S::SECTION);
                settings.check(&mut found);
                Ok(found.wrong)
            },
        });
        self
    }

    /// The host's own sections and these, as they are by default.
    pub(super) fn defaults(&self) -> Config {
        let mut config = Config::default();
        self.0.iter().for_each(|section| (section.put_defaults)(&mut config));
        config
    }

    /// What is wrong with the values of these sections; an error when one is of another type.
    pub(super) fn check(&self, config: &Config) -> Result<Wrong, String> {
        let values = self.0.iter().filter_map(|section| Some((section, config.services.get(section.name)?)));
        let wrong: Result<Vec<_>, String> = values.map(|(section, value)| (section.check)(value)).collect();
        Ok(wrong?.concat())
    }

    /// Sections that somebody has already.
    pub(super) fn claimed_twice(&self) -> Vec<Fault> {
        let host = as_value(&Config::default());
        let claims = self.0.iter().enumerate().filter_map(|(at, section)| {
            let other = self.0[..at].iter().find(|other| other.name == section.name).map(|other| other.owner);
            let other = other.or_else(|| host.get(section.name).map(|_| "the host"))?;
            let message = format!("is a section of {other} already; {} needs another name", section.owner);
            Some(Fault { key: section.name.to_owned(), source: "services".to_owned(), message })
        });
        claims.collect()
    }
}

/// Gathers what several services declare.
impl FromIterator<Sections> for Sections {
    fn from_iter<I: IntoIterator<Item = Sections>>(services: I) -> Self {
        Self(services.into_iter().flat_map(|sections| sections.0).collect())
    }
}
