//! Which services a binary has: one line each.

use service_host::Service;
use service_host::config::Config;

/// How a service is made.
pub type Make = fn(&Config) -> Service;

/// The services of one binary.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry(Vec<(&'static str, Make)>);

impl Registry {
    pub(crate) fn add(&mut self, name: &'static str, make: Make) {
        self.0.push((name, make));
    }

    /// Those that were added, and the platform's own: history, conversations and dead letters of all of them.
    fn iter(&self) -> impl Iterator<Item = (&'static str, Make)> {
        self.0.iter().copied().chain([("events", events::service as Make)])
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Make> {
        self.iter().map(|(_, make)| make).collect()
    }

    /// Those of these names, each once; unknown names were refused with the command line.
    pub(crate) fn named(&self, names: &[String]) -> Vec<Make> {
        self.iter().filter(|(name, _)| names.iter().any(|wanted| wanted == name)).map(|(_, make)| make).collect()
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.iter().map(|(name, _)| name).collect()
    }
}
