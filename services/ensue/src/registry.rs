//! Which services there are: one line each.

use service_host::Service;
use service_host::config::{Config, Sections};

/// How a service is made.
pub type Make = fn(&Config) -> Service;

/// What can be set for a service, beside what every service has.
type Declare = fn() -> Sections;

const SERVICES: &[(&str, Make, Declare)] = &[
    ("orders", orders::service, Sections::new),
    ("inventory", inventory::service, Sections::new),
    ("payments", payments::service, payments::settings),
    ("shipping", shipping::service, shipping::settings),
    ("notifications", notifications::service, notifications::settings),
    ("social", social::service, Sections::new),
    ("devices", devices::service, Sections::new),
    ("users", users::service, Sections::new),
    ("workouts", workouts::service, workouts::settings),
    ("achievements", achievements::service, Sections::new),
    ("events", events::service, Sections::new),
];

/// All of them.
pub fn all() -> Vec<Make> {
    SERVICES.iter().map(|(_, make, _)| *make).collect()
}

/// Those of these names, each once; unknown names were refused with the command line.
pub fn named(names: &[String]) -> Vec<Make> {
    SERVICES.iter().filter(|(name, ..)| names.iter().any(|wanted| wanted == name)).map(|(_, make, _)| *make).collect()
}

/// What can be set for all of them, those included that another process runs: they share a file.
pub fn settings() -> Sections {
    SERVICES.iter().map(|(.., declare)| declare()).collect()
}

/// Their names.
pub fn names() -> Vec<&'static str> {
    SERVICES.iter().map(|(name, ..)| *name).collect()
}

/// Those of `silent` that should have answered: a service that is not built into this binary yet has nothing to say.
pub fn missing(silent: &[String]) -> Vec<&str> {
    silent.iter().map(String::as_str).filter(|service| SERVICES.iter().any(|(name, ..)| name == service)).collect()
}
