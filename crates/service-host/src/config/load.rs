//! Puts the sources on top of one another.

use std::collections::BTreeMap;

use toml::Value;

use super::check;
use super::fault::{Fault, Faults};
use super::found::Wrong;
use super::keys::{Keys, as_value, put};
use super::sections::Config;
use super::settings::Sections;
use super::shown::{self, Setting};
use super::sources::{Given, Sources};

/// A configuration without faults.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Every key with its value, secrets masked, and its source.
    pub effective: Vec<Setting>,
}

impl Config {
    /// Reads all sources, for the host and for the services that declare these sections. What is faulty is left out and the rest still
    /// checked, so that one run shows every fault.
    pub fn load(sources: &Sources, sections: &Sections) -> Result<Loaded, Faults> {
        let claimed_twice = sections.claimed_twice();
        if !claimed_twice.is_empty() {
            return Err(Faults(claimed_twice)); // which keys there are is not known
        }
        let keys = Keys::of(sections.defaults());
        let defaults = as_value(&sections.defaults());
        let mut merged = defaults.clone();
        let (given, mut faults) = sources.given(&keys);
        let mut origins = BTreeMap::new();
        for setting in given {
            match fitting(&keys, &defaults, sections, &setting) {
                Ok(value) => {
                    put(&mut merged, &setting.key, value);
                    origins.insert(setting.key, setting.source);
                }
                Err(message) => faults.push(Fault { key: setting.key, source: setting.source, message }),
            }
        }
        let source_of = |key: &str| origins.get(key).map_or("default", String::as_str).to_owned();
        // Each setting fitted on its own, so all of them do.
        let (config, wrong) = match read(merged.clone(), sections) {
            Ok(read) => read,
            Err(message) => {
                faults.push(Fault { key: String::new(), source: "all sources".to_owned(), message });
                return Err(Faults(faults));
            }
        };
        faults.extend(wrong.into_iter().map(|(key, message)| Fault { source: source_of(&key), key, message }));
        if faults.is_empty() { Ok(Loaded { config, effective: shown::all(&merged, source_of) }) } else { Err(Faults(faults)) }
    }
}

/// The configuration, and what is wrong with its values; an error when one is of another type than its key.
fn read(merged: Value, sections: &Sections) -> Result<(Config, Wrong), String> {
    let config: Config = merged.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let mut wrong = check::faults(&config);
    wrong.extend(sections.check(&config)?);
    Ok((config, wrong))
}

/// The value, when the key exists and takes it. To try each setting alone, on the defaults, is what finds every wrong type and not the first only.
fn fitting(keys: &Keys, defaults: &Value, sections: &Sections, setting: &Given) -> Result<Value, String> {
    let sample = keys.sample(&setting.key).ok_or_else(|| keys.hint(&setting.key))?;
    let value = match (&setting.value, sample) {
        (Value::Integer(whole), Value::Float(_)) => Value::Float(*whole as f64),
        (value, _) => value.clone(),
    };
    let mut alone = defaults.clone();
    put(&mut alone, &setting.key, value.clone());
    read(alone, sections)?;
    Ok(value)
}
