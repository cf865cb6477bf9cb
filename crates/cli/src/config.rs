//! `config`: what is in force, and why.

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value as Json, json};
use service_host::config::{Config, Sections, Setting, Sources};

use crate::{Verdict, say, text};

#[derive(Debug, Args)]
#[command(after_help = "With --json: {\"key\", \"value\", \"source\"}; the value has its own type, a secret is \"***\".")]
pub struct Arguments {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Prints every setting with its value, secrets masked, and its source.
pub fn show(sources: &Sources, sections: &Sections, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let settings = Config::load(sources, sections)?.effective;
    if arguments.json {
        for setting in &settings {
            say!("{}", json(setting)?);
        }
    } else {
        let rows = settings.into_iter().map(|setting| [setting.key, setting.value, setting.source]);
        text::table(["setting", "value", "source"], rows);
    }
    Ok(Verdict::Good)
}

/// A setting's value is TOML.
fn json(setting: &Setting) -> anyhow::Result<Json> {
    let value: toml::Table = format!("value = {}", setting.value).parse().with_context(|| setting.key.clone())?;
    Ok(json!({ "key": setting.key, "value": value["value"], "source": setting.source }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_value_of_its_type_in_json() {
        let settings = Config::load(&Sources::default(), &Sections::new()).unwrap().effective;
        let all: Vec<Json> = settings.iter().map(|setting| json(setting).unwrap()).collect();
        let value = |key: &str| all.iter().find(|setting| setting["key"] == key).unwrap()["value"].clone();
        assert_eq!(value("grpc.port"), 50051);
        assert_eq!(value("retry.backoff_ms"), json!([1000, 2000, 4000]));
        assert_eq!(value("nats.url"), "nats://127.0.0.1:4222");
    }
}
