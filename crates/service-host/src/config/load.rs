//! Puts the sources on top of one another.

use std::collections::BTreeMap;

use toml::Value;

use super::check;
use super::fault::{Fault, Faults};
use super::keys::{Keys, as_value, put};
use super::sections::Config;
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
    /// Reads all sources. What is faulty is left out and the rest still checked, so that one run shows every fault.
    pub fn load(sources: &Sources) -> Result<Loaded, Faults> {
        let keys = Keys::new();
        let (given, mut faults) = sources.given(&keys);
        let defaults = as_value(&Config::default());
        let mut merged = defaults.clone();
        let mut origins = BTreeMap::new();
        for setting in given {
            match fitting(&keys, &defaults, &setting) {
                Ok(value) => {
                    put(&mut merged, &setting.key, value);
                    origins.insert(setting.key, setting.source);
                }
                Err(message) => faults.push(Fault { key: setting.key, source: setting.source, message }),
            }
        }
        let source_of = |key: &str| origins.get(key).map_or("default", String::as_str).to_owned();
        // Each setting fitted on its own, so all of them do.
        let config: Config = match merged.clone().try_into() {
            Ok(config) => config,
            Err(error) => {
                faults.push(Fault { key: String::new(), source: "all sources".to_owned(), message: error.message().to_owned() });
                return Err(Faults(faults));
            }
        };
        faults.extend(check::faults(&config).into_iter().map(|(key, message)| Fault { source: source_of(&key), key, message }));
        if faults.is_empty() { Ok(Loaded { config, effective: shown::all(&merged, source_of) }) } else { Err(Faults(faults)) }
    }
}

/// The value, when the key exists and takes it. To try each setting alone, on the defaults, is what finds every wrong type and not the first only.
fn fitting(keys: &Keys, defaults: &Value, setting: &Given) -> Result<Value, String> {
    let sample = keys.sample(&setting.key).ok_or_else(|| keys.hint(&setting.key))?;
    let value = match (&setting.value, sample) {
        (Value::Integer(whole), Value::Float(_)) => Value::Float(*whole as f64),
        (value, _) => value.clone(),
    };
    let mut alone = defaults.clone();
    put(&mut alone, &setting.key, value.clone());
    alone.try_into::<Config>().map_err(|error| error.message().to_owned())?;
    Ok(value)
}
