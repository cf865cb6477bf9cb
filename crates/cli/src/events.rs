//! `events`: the history, a conversation, what happens now.

use catalogue::events::v1::{EventFilter, EventOrder, GetConversationRequest, ListEventsRequest, TailEventsRequest};
use clap::{Args, Subcommand};
use prost_types::Timestamp;

use crate::{Server, Verdict, ask, conversation, event_line, pages, say, text};

/// What to see.
#[derive(Debug, Subcommand)]
pub enum What {
    /// What happened. Of one aggregate in the order of its versions; after a time oldest first; else newest first
    List(List),
    /// All that followed from one request, as a tree; `!` marks a command
    Conversation(Conversation),
    /// What happens from now on, until Ctrl-C
    Tail(Tail),
}

#[derive(Debug, Args)]
#[command(after_help = event_line::HELP)]
pub struct List {
    #[command(flatten)]
    filter: Filter,
    /// At most so many [default: 1000 after a time, else 100]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Oldest first
    #[arg(long)]
    oldest_first: bool,
}

#[derive(Debug, Args)]
#[command(after_help = conversation::HELP)]
pub struct Conversation {
    /// Its correlation id
    id: String,
    /// All of it as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = event_line::HELP)]
pub struct Tail {
    #[command(flatten)]
    filter: Filter,
    /// As many of the newest first
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000))]
    last: u32,
}

#[derive(Debug, Args)]
struct Filter {
    /// Types, e.g. order.placed; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// A type's first part, e.g. order
    #[arg(long)]
    domain: Option<String>,
    /// What the events are about, e.g. order
    #[arg(long)]
    aggregate: Option<String>,
    /// Its id
    #[arg(long)]
    key: Option<String>,
    /// A conversation
    #[arg(long)]
    correlation: Option<String>,
    /// The service that wrote it
    #[arg(long)]
    source: Option<String>,
    /// At or after, e.g. 2026-11-21T09:35:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Before
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Strictly later than
    #[arg(long, value_name = "TIME")]
    after: Option<Timestamp>,
    /// All that is known, one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Filter {
    fn wire(&self) -> EventFilter {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        EventFilter {
            types: self.types.clone(),
            domain: text(&self.domain),
            aggregate_type: text(&self.aggregate),
            key: text(&self.key),
            correlation_id: text(&self.correlation),
            from: self.from,
            to: self.to,
            after: self.after,
            source: text(&self.source),
        }
    }

    fn print(&self, event: &catalogue::events::v1::Event) {
        if self.json {
            say!("{}", event_line::json(event));
        } else {
            say!("{}", event_line::line(event));
        }
    }
}

/// Shows it.
pub async fn run(server: &Server, what: What) -> anyhow::Result<Verdict> {
    match what {
        What::List(arguments) => list(server, &arguments).await?,
        What::Conversation(arguments) => {
            let request = GetConversationRequest { correlation_id: arguments.id };
            let conversation = ask!(server, events.get_conversation(request)).await?;
            if arguments.json {
                say!("{}", conversation::json(&conversation));
            } else {
                text::print(&conversation::tree(&conversation));
            }
        }
        What::Tail(arguments) => tail(server, &arguments).await?,
    }
    Ok(Verdict::Good)
}

async fn list(server: &Server, arguments: &List) -> anyhow::Result<()> {
    let filter = &arguments.filter;
    let order = if arguments.oldest_first { EventOrder::OldestFirst } else { EventOrder::Unspecified };
    let mut left = arguments.limit.unwrap_or(if filter.after.is_some() { 1_000 } else { 100 });
    let mut page_token = String::new();
    while left > 0 {
        let page_size = i32::try_from(left).unwrap_or(pages::SIZE).min(pages::SIZE);
        let request = ListEventsRequest { filter: Some(filter.wire()), order: order.into(), page_size, page_token, with_payload: false };
        let page = ask!(server, events.list_events(request)).await?;
        page.events.iter().for_each(|event| filter.print(event));
        left = left.saturating_sub(page.events.len());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(())
}

async fn tail(server: &Server, arguments: &Tail) -> anyhow::Result<()> {
    let request = TailEventsRequest { filter: Some(arguments.filter.wire()), last: arguments.last };
    let mut stream = ask!(server, events.tail_events(request)).await?;
    loop {
        tokio::select! {
            event = stream.message() => match event? {
                Some(answer) => answer.event.iter().for_each(|event| arguments.filter.print(event)),
                None => return Ok(()),
            },
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}
