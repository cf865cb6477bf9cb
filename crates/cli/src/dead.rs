//! `dead`: messages that could not be handled. Numbers first, then letters, then what is to become of them.

mod filter;
mod json;
mod settle;
mod show;

use catalogue::events::v1::{ListDeadLettersRequest, ListDeadLettersResponse};
use catalogue::platform::v1::DeadLetter;
use clap::{Args, Subcommand};

use crate::{Server, Verdict, ask, pages, say, text};
use filter::Filter;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// How many of which kind, then the newest
    List(List),
    /// One with its history: attempts, errors, headers, and what it says
    Show(show::Arguments),
    /// Let the services that own them handle them again, each once
    Redrive(settle::Redrive),
    /// Close them for good, with a reason
    Discard(settle::Discard),
}

#[derive(Debug, Args)]
#[command(after_help = json::LIST)]
pub struct List {
    #[command(flatten)]
    filter: Filter,
    /// At most so many letters; 0: only the numbers
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// All of it as one JSON object
    #[arg(long)]
    json: bool,
}

/// Does it. A list that lacks the letters of a silent service is not good.
pub async fn run(server: &Server, what: What) -> anyhow::Result<Verdict> {
    match what {
        What::List(arguments) => list(server, &arguments).await,
        What::Show(arguments) => show::run(server, &arguments).await,
        What::Redrive(arguments) => settle::redrive(server, &arguments).await,
        What::Discard(arguments) => settle::discard(server, &arguments).await,
    }
}

async fn list(server: &Server, arguments: &List) -> anyhow::Result<Verdict> {
    let counts = counts(server, &arguments.filter).await?;
    let letters = letters(server, arguments).await?;
    let silent = server.missing(&counts.silent_services);
    if arguments.json {
        say!("{}", json::list(&counts, &letters, &silent));
    } else {
        print(&counts, &silent)?;
        if !letters.is_empty() {
            say!();
            let rows = letters.iter().map(|letter| {
                let time = text::time(letter.created_at.as_ref());
                [letter.id.clone(), time, letter.consumer.clone(), letter.r#type.clone(), letter.key.clone(), letter.error.clone()]
            });
            text::table(["letter", "died", "consumer", "type", "key", "error"], rows);
        }
    }
    Ok(if silent.is_empty() { Verdict::Good } else { Verdict::Bad })
}

async fn letters(server: &Server, arguments: &List) -> anyhow::Result<Vec<DeadLetter>> {
    let (mut letters, mut page_token) = (Vec::new(), String::new());
    while letters.len() < arguments.limit {
        let page_size = i32::try_from(arguments.limit - letters.len()).unwrap_or(pages::SIZE).min(pages::SIZE);
        let request = ListDeadLettersRequest { filter: Some(arguments.filter.wire()), page_size, page_token, counts_only: false };
        let page = ask!(server, events.list_dead_letters(request)).await?;
        letters.extend(page.dead_letters);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(letters)
}

/// How many there are by kind, and who did not answer.
async fn counts(server: &Server, filter: &Filter) -> anyhow::Result<ListDeadLettersResponse> {
    let request = ListDeadLettersRequest { filter: Some(filter.wire()), counts_only: true, ..ListDeadLettersRequest::default() };
    Ok(ask!(server, events.list_dead_letters(request)).await?)
}

fn print(counts: &ListDeadLettersResponse, silent: &[&str]) -> anyhow::Result<()> {
    say!("{}", text::count(usize::try_from(counts.total)?, "dead letter"));
    if !counts.counts.is_empty() {
        let rows = counts.counts.iter().map(|count| {
            let (number, oldest) = (count.count.to_string(), text::time(count.oldest_at.as_ref()));
            let (consumer, type_, reason) = (count.consumer.clone(), count.r#type.clone(), count.reason.clone());
            [number, consumer, type_, reason, count.fingerprint.clone(), oldest, count.sample_error.clone()]
        });
        text::table(["number", "consumer", "type", "reason", "fingerprint", "oldest", "one of the errors"], rows);
    }
    if !silent.is_empty() {
        say!("no answer from {}: theirs are not counted", silent.join(", "));
    }
    Ok(())
}
