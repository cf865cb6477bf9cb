//! Where settings come from, weakest first.

use std::path::{Path, PathBuf};

use toml::Value;

use super::fault::Fault;
use super::keys::{Keys, leaves};
use super::text;

pub(super) const PREFIX: &str = "ENSUE__";

/// Looked for in the working folder when no file is named.
const FILE: &str = "ensue.toml";

/// Variables that everybody knows, under the keys they stand for; our own names come after them.
const WELL_KNOWN: [(&str, &str); 2] = [("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"), ("RUST_LOG", "telemetry.log_filter")];

/// What was given beside the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A file that has to be there; nothing: `ensue.toml` if it is there.
    pub file: Option<PathBuf>,
    /// Where `ensue.toml` is looked for; nothing: nowhere.
    pub folder: Option<PathBuf>,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// `section.key=value`, from flags.
    pub set: Vec<String>,
}

impl Sources {
    /// Those of this process: its working folder and its environment.
    pub fn of_process(file: Option<PathBuf>, set: Vec<String>) -> Self {
        let env = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { file, folder: Some(PathBuf::from(".")), env: env.collect(), set }
    }

    /// All settings in the order in which they override one another, and what could not be read.
    pub(super) fn given(&self, keys: &Keys) -> (Vec<Given>, Vec<Fault>) {
        let (mut given, mut faults) = (Vec::new(), Vec::new());
        match self.in_file() {
            Ok(settings) => given.extend(settings),
            Err(fault) => faults.push(fault),
        }
        self.in_env(keys, &mut given, &mut faults);
        for flag in &self.set {
            match flag.split_once('=') {
                Some((key, value)) => given.push(Given::text(key.trim(), value, "--set", keys)),
                None => faults.push(Fault {
                    key: flag.clone(),
                    source: "--set".to_owned(),
                    message: "is not of the form section.key=value".to_owned(),
                }),
            }
        }
        (given, faults)
    }

    fn in_file(&self) -> Result<Vec<Given>, Fault> {
        let found = || self.folder.as_ref().map(|folder| folder.join(FILE)).filter(|path| path.exists());
        let Some(path) = self.file.clone().or_else(found) else { return Ok(Vec::new()) };
        let source = if self.file.is_some() { path.display().to_string() } else { FILE.to_owned() };
        let fault = |message: String| Fault { key: String::new(), source: source.clone(), message };
        let table = read_file(&path).map_err(fault)?;
        let settings = leaves(&Value::Table(table)).into_iter();
        Ok(settings.map(|(key, value)| Given { key, value, source: source.clone() }).collect())
    }

    fn in_env(&self, keys: &Keys, given: &mut Vec<Given>, faults: &mut Vec<Fault>) {
        for (name, key) in WELL_KNOWN {
            let set = self.env.iter().filter(|(variable, value)| variable == name && !value.is_empty());
            given.extend(set.map(|(variable, value)| Given::text(key, value, variable, keys)));
        }
        for (variable, value) in &self.env {
            if let Some(name) = variable.strip_prefix(PREFIX) {
                given.push(Given::text(&name.to_ascii_lowercase().replace("__", "."), value, variable, keys));
            } else if let Some(key) = keys.meant_by(variable) {
                let message = format!("sections are set off by two underscores: {}", super::variable(key));
                faults.push(Fault { key: String::new(), source: variable.clone(), message });
            }
        }
    }
}

/// One setting as it was given.
pub(super) struct Given {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) source: String,
}

impl Given {
    fn text(key: &str, value: &str, source: &str, keys: &Keys) -> Self {
        let value = match keys.sample(key) {
            Some(sample) => text::read(value, sample),
            None => Value::String(value.to_owned()),
        };
        Self { key: key.to_owned(), value, source: source.to_owned() }
    }
}

fn read_file(path: &Path) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"))?;
    text.parse::<toml::Table>().map_err(|error| format!("is no TOML: {}", error.to_string().trim_end()))
}
