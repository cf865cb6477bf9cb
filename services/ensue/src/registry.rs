//! Which services there are: one line each.

use service_host::Service;
use service_host::config::Config;

/// How a service is made.
pub type Make = fn(&Config) -> Service;

const SERVICES: &[(&str, Make)] = &[
    ("orders", orders::service),
    ("inventory", inventory::service),
    ("payments", payments::service),
    ("shipping", shipping::service),
    ("notifications", notifications::service),
    ("social", social::service),
    ("devices", devices::service),
    ("users", users::service),
    ("workouts", workouts::service),
    ("achievements", achievements::service),
    ("events", events::service),
];

/// All of them.
pub fn all() -> Vec<Make> {
    SERVICES.iter().map(|(_, make)| *make).collect()
}

/// Those of these names, each once; unknown names were refused with the command line.
pub fn named(names: &[String]) -> Vec<Make> {
    SERVICES.iter().filter(|(name, _)| names.iter().any(|wanted| wanted == name)).map(|(_, make)| *make).collect()
}

/// Their names.
pub fn names() -> Vec<&'static str> {
    SERVICES.iter().map(|(name, _)| *name).collect()
}

/// Those of `silent` that should have answered: a service that is not built into this binary yet has nothing to say.
pub fn missing(silent: &[String]) -> Vec<&str> {
    silent.iter().map(String::as_str).filter(|service| SERVICES.iter().any(|(name, _)| name == service)).collect()
}
