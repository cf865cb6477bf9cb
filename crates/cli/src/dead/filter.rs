//! Which dead letters are meant.

use catalogue::platform::v1::{DeadLetterFilter, DeadLetterState};
use clap::{Args, ValueEnum};
use prost_types::Timestamp;

/// What is not given does not narrow; without a state only open letters are meant.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// Whose
    #[arg(long)]
    service: Option<String>,
    /// The reader that failed, e.g. inventory-commands
    #[arg(long)]
    consumer: Option<String>,
    /// The message's type, e.g. order.placed
    #[arg(long = "type", value_name = "TYPE")]
    type_: Option<String>,
    /// Its key
    #[arg(long)]
    key: Option<String>,
    /// The same error but for ids and numbers
    #[arg(long)]
    fingerprint: Option<String>,
    /// Why, e.g. exhausted
    #[arg(long = "why", value_name = "REASON")]
    why: Option<String>,
    /// Dead at or after, e.g. 2026-11-21T09:35:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Dead before
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Where they stand
    #[arg(long, value_enum, default_value = "open")]
    state: State,
}

/// Where a letter stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum State {
    #[default]
    Open,
    Redriven,
    Discarded,
    Any,
}

impl Filter {
    /// It narrows nothing but the state.
    pub fn is_empty(&self) -> bool {
        let texts = [&self.service, &self.consumer, &self.type_, &self.key, &self.fingerprint, &self.why];
        texts.iter().all(|text| text.is_none()) && self.from.is_none() && self.to.is_none()
    }

    pub fn wire(&self) -> DeadLetterFilter {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let state = match self.state {
            State::Open | State::Any => DeadLetterState::Open,
            State::Redriven => DeadLetterState::Redriven,
            State::Discarded => DeadLetterState::Discarded,
        };
        DeadLetterFilter {
            service: text(&self.service),
            consumer: text(&self.consumer),
            r#type: text(&self.type_),
            key: text(&self.key),
            fingerprint: text(&self.fingerprint),
            reason: text(&self.why),
            from: self.from,
            to: self.to,
            state: state.into(),
            any_state: self.state == State::Any,
        }
    }
}
