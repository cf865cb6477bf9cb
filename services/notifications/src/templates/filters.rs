//! What templates can say beyond minijinja's own: money, and words for machines' reasons.

use std::collections::HashMap;

use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::{format_money, sources::PHRASES};

/// Adds `money` and `phrase`.
pub fn add(environment: &mut Environment<'static>) {
    let phrases: HashMap<&str, HashMap<&str, &str>> = PHRASES.into_iter().map(|(locale, text)| (locale, words(text))).collect();
    environment.add_filter("money", money);
    environment.add_filter("phrase", move |state: &State<'_, '_>, reason: String| {
        let locale = state.lookup("locale");
        let known = locale.as_ref().and_then(Value::as_str).and_then(|locale| phrases.get(locale)?.get(reason.as_str()).copied());
        known.map_or_else(|| reason.replace('_', " "), str::to_owned)
    });
}

fn words(text: &'static str) -> HashMap<&'static str, &'static str> {
    text.lines().filter_map(|line| line.split_once('=')).map(|(reason, words)| (reason.trim(), words.trim())).collect()
}

/// `{minor_units, currency}`; absent minor units are none.
fn money(value: &Value) -> Result<String, Error> {
    let wrong = |what: &str| Error::new(ErrorKind::InvalidOperation, format!("money: {what} in {value}"));
    let currency = value.get_attr("currency")?;
    let minor_units = value.get_attr("minor_units")?;
    let minor_units = match minor_units.as_str() {
        _ if minor_units.is_undefined() => 0,
        Some(text) => text.parse().map_err(|_| wrong("bad minor_units"))?,
        None => i64::try_from(minor_units).map_err(|_| wrong("bad minor_units"))?,
    };
    Ok(format_money(minor_units, currency.as_str().ok_or_else(|| wrong("no currency"))?))
}
