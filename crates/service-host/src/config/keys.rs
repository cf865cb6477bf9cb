//! The keys that exist, and what somebody may have meant by one that does not.

use std::collections::BTreeMap;

use toml::Value;

use super::sections::{Config, Consumer, Mode};

/// Every key with a value of its type. A consumer's name is `*`.
pub(super) struct Keys(BTreeMap<String, Value>);

impl Keys {
    /// Those of a configuration that holds every section.
    pub(super) fn of(mut config: Config) -> Self {
        let any =
            Consumer { attempts: Some(1), backoff_ms: Some(vec![1]), prefetch: Some(1), batch: Some(1), mode: Some(Mode::ExactlyOnce) };
        config.consumers.insert("*".to_owned(), any);
        Self(leaves(&as_value(&config)).into_iter().collect())
    }

    /// A value of the key's type; nothing for a key that does not exist.
    pub(super) fn sample(&self, key: &str) -> Option<&Value> {
        match key.strip_prefix("consumers.").and_then(|rest| rest.split_once('.')) {
            Some((name, field)) if is_name(name) => self.0.get(&format!("consumers.*.{field}")),
            Some(_) => None,
            None => self.0.get(key),
        }
    }

    /// A sentence about a key that does not exist.
    pub(super) fn hint(&self, key: &str) -> String {
        let inside = format!("{key}.");
        if let Some(example) = self.0.keys().find(|known| known.starts_with(&inside)) {
            return format!("is a section, not a value; it holds keys such as {example}");
        }
        let consumer = key.strip_prefix("consumers.").and_then(|rest| rest.split('.').next()).unwrap_or("*");
        let known = self.0.keys().map(|known| known.replace('*', consumer));
        match known.map(|known| (strsim::damerau_levenshtein(&known, key), known)).min() {
            Some((distance, near)) if distance <= 3 => format!("there is no such key; did you mean {near}?"),
            _ => "there is no such key".to_owned(),
        }
    }

    /// The key that a variable with single underscores was meant for: `ENSUE_GRPC_PORT`.
    pub(super) fn meant_by(&self, variable: &str) -> Option<&str> {
        let flat = variable.strip_prefix("ENSUE_")?.to_ascii_lowercase();
        self.0.keys().map(String::as_str).find(|known| known.contains('.') && known.replace('.', "_") == flat)
    }
}

/// A consumer's name, as NATS takes it for a durable.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-')
}

/// The configuration as TOML.
pub(super) fn as_value(config: &Config) -> Value {
    // Fails on types that TOML has not; the host's sections have none, and the services' are TOML already.
    Value::try_from(config).unwrap_or_else(|_| Value::Table(toml::Table::new()))
}

/// All values below a table with their dotted keys. A list is one value.
pub(super) fn leaves(value: &Value) -> Vec<(String, Value)> {
    fn walk(prefix: &str, value: &Value, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Table(table) => {
                for (name, value) in table {
                    let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                    walk(&key, value, found);
                }
            }
            leaf => found.push((prefix.to_owned(), leaf.clone())),
        }
    }
    let mut found = Vec::new();
    walk("", value, &mut found);
    found
}

/// Puts a value under a dotted key, making the tables on the way.
pub(super) fn put(root: &mut Value, key: &str, value: Value) {
    let mut at = root;
    for name in key.split('.') {
        if !at.is_table() {
            *at = Value::Table(toml::Table::new());
        }
        let Value::Table(table) = at else { return };
        at = table.entry(name.to_owned()).or_insert_with(|| Value::Table(toml::Table::new()));
    }
    *at = value;
}
