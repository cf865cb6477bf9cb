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

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Make> {
        self.0.iter().map(|(_, make)| *make).collect()
    }

    /// Those of these names, each once; unknown names were refused with the command line.
    pub(crate) fn named(&self, names: &[String]) -> Vec<Make> {
        self.0.iter().filter(|(name, _)| names.iter().any(|wanted| wanted == name)).map(|(_, make)| *make).collect()
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }
}
