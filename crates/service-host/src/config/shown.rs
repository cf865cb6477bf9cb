//! The configuration as `ensue config` shows it.

use toml::Value;

use super::keys::leaves;

const MASK: &str = "***";

/// One effective setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// E.g. `grpc.port`.
    pub key: String,
    /// As TOML; a secret is `"***"`.
    pub value: String,
    /// `default`, the file, the variable, or `--set`.
    pub source: String,
}

pub(super) fn all(merged: &Value, source_of: impl Fn(&str) -> String) -> Vec<Setting> {
    leaves(merged)
        .into_iter()
        .map(|(key, value)| Setting { value: masked(&key, value).to_string(), source: source_of(&key), key })
        .collect()
}

fn masked(key: &str, value: Value) -> Value {
    match value {
        Value::String(text) if !text.is_empty() && is_secret(key) => Value::String(MASK.to_owned()),
        Value::String(text) => Value::String(without_password(&text)),
        other => other,
    }
}

fn is_secret(key: &str) -> bool {
    let name = key.rsplit('.').next().unwrap_or(key);
    ["secret", "password", "token"].iter().any(|word| name.contains(word))
}

/// `scheme://user:password@host` without the password. The last `@` ends it: a password may hold one that nobody escaped.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let Some((credentials, host)) = rest.rsplit_once('@') else { return text.to_owned() };
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:{MASK}@{host}"),
        // A name alone is a token for NATS.
        None => format!("{scheme}://{MASK}@{host}"),
    }
}
