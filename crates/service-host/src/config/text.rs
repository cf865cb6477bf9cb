//! Values written as text, in a variable or on the command line.

use toml::Value;

/// Reads `text` as a value of the type of `sample`. What can't be read stays text, and is refused with the type it should have.
pub(super) fn read(text: &str, sample: &Value) -> Value {
    let read = match sample {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Float(_) => text.parse().ok().map(Value::Float),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(of) => list(text, of.first()),
        _ => None,
    };
    read.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// `1000,2000` or `[1000, 2000]`.
fn list(text: &str, sample: Option<&Value>) -> Option<Value> {
    let text = text.trim();
    let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let parts = inside.split(',').map(str::trim).filter(|part| !part.is_empty());
    Some(Value::Array(parts.map(|part| read(part.trim_matches('"'), sample.unwrap_or(&Value::Boolean(false)))).collect()))
}
