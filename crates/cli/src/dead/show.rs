//! `dead show`: one letter with its history.

use anyhow::Context as _;
use catalogue::events::v1::GetDeadLetterRequest;
use catalogue::platform::v1::DeadLetter;
use clap::Args;

use super::json;
use crate::{Server, Verdict, ask, event_line, say, text};

#[derive(Debug, Args)]
#[command(after_help = json::SHOW)]
pub struct Arguments {
    /// Which
    id: String,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Prints all that is known of it.
pub async fn run(server: &Server, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let answer = ask!(server, events.get_dead_letter(GetDeadLetterRequest { id: arguments.id.clone() })).await?;
    let letter = answer.dead_letter.as_ref().context("an answer without a letter")?;
    if arguments.json {
        say!("{}", json::show(letter, &answer));
        return Ok(Verdict::Good);
    }
    print(letter);
    if let Some(data) = &answer.data {
        say!("data         {}", event_line::object(data));
    }
    Ok(Verdict::Good)
}

fn print(letter: &DeadLetter) {
    let line = |name: &str, value: &str| {
        if !value.is_empty() {
            say!("{name:<12} {value}");
        }
    };
    line("letter", &letter.id);
    line("state", &json::state(letter));
    line("consumer", &letter.consumer);
    line("type", &letter.r#type);
    line("key", &letter.key);
    line("event", &letter.event_id);
    line("reason", &letter.reason);
    line("error", &letter.error);
    line("fingerprint", &letter.fingerprint);
    line("died", &text::time(letter.created_at.as_ref()));
    line("settled", &text::time(letter.settled_at.as_ref()));
    line("because", &letter.settled_reason);
    line("correlation", &letter.correlation_id);
    line("trace", &letter.trace_id);
    if letter.position > 0 {
        line("position", &format!("{} in {}", letter.position, letter.stream));
    }
    line("subject", &letter.subject);
    for attempt in &letter.attempts {
        line("attempt", &format!("{}  {}", text::time(attempt.at.as_ref()), attempt.error));
    }
    for header in &letter.headers {
        line("header", &format!("{}: {}", header.name, header.value));
    }
    line("payload", &format!("{} bytes", letter.payload.len()));
}
