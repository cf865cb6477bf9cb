//! `dead redrive` and `discard`.

use anyhow::bail;
use catalogue::events::v1::{DeadLetterRefusal, DiscardDeadLettersRequest, RedriveDeadLettersRequest};
use clap::Args;

use super::filter::Filter;
use crate::{Server, Verdict, ask, say, text};

/// Which letters, and whether for real.
#[derive(Debug, Args)]
struct Choice {
    /// These letters; without any: those of the filter
    ids: Vec<String>,
    #[command(flatten)]
    filter: Filter,
    /// All open letters there are
    #[arg(long)]
    all: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// At most so many; 0: no limit
    #[arg(long, default_value_t = 0, value_name = "N")]
    limit: u32,
}

#[derive(Debug, Args)]
pub struct Redrive {
    #[command(flatten)]
    choice: Choice,
    /// So many first, and the rest only when these were handled
    #[arg(long, default_value_t = 0, value_name = "N")]
    canary: u32,
    /// At most so many a second; 0: no limit
    #[arg(long, default_value_t = 0, value_name = "N")]
    rate: u32,
}

#[derive(Debug, Args)]
pub struct Discard {
    #[command(flatten)]
    choice: Choice,
    /// Why; stays with the letters
    #[arg(long)]
    reason: String,
}

/// Not good where letters were refused or left, or the canaries died again.
pub async fn redrive(server: &Server, arguments: &Redrive) -> anyhow::Result<Verdict> {
    let choice = &arguments.choice;
    choice.count(server).await?;
    let mut done = Done::default();
    loop {
        let request = RedriveDeadLettersRequest {
            ids: done.rest(&choice.ids),
            filter: choice.filter(),
            dry_run: choice.dry_run,
            limit: choice.limit,
            // Those that went before have shown that it can be done.
            canary: if done.ids.is_empty() { arguments.canary } else { 0 },
            rate_per_second: arguments.rate,
            request_id: Some(messaging::root_id()),
        };
        let answer = ask!(server, events.redrive_dead_letters(request)).await?;
        let goes_on = done.note(answer.ids, answer.refused, answer.left, &answer.silent_services);
        if answer.stopped_by_canary {
            choice.print(server, "redriven", &done);
            say!("the first {} died again: the rest was left alone", arguments.canary);
            return Ok(Verdict::Bad);
        }
        if !goes_on || choice.is_one_call() {
            return Ok(choice.print(server, "redriven", &done));
        }
    }
}

/// Not good where letters were refused or left.
pub async fn discard(server: &Server, arguments: &Discard) -> anyhow::Result<Verdict> {
    let choice = &arguments.choice;
    choice.count(server).await?;
    let mut done = Done::default();
    loop {
        let request = DiscardDeadLettersRequest {
            ids: done.rest(&choice.ids),
            filter: choice.filter(),
            dry_run: choice.dry_run,
            limit: choice.limit,
            reason: arguments.reason.clone(),
            request_id: Some(messaging::root_id()),
        };
        let answer = ask!(server, events.discard_dead_letters(request)).await?;
        if !done.note(answer.ids, answer.refused, answer.left, &answer.silent_services) || choice.is_one_call() {
            return Ok(choice.print(server, "discarded", &done));
        }
    }
}

/// What was done so far: one call has an end, and what it did not come to is asked for again.
#[derive(Default)]
struct Done {
    ids: Vec<String>,
    refused: Vec<DeadLetterRefusal>,
    left: u32,
    silent: Vec<String>,
}

impl Done {
    /// Whether asking again makes sense: there is more, and none of it had its turn already (and died again meanwhile).
    fn note(&mut self, ids: Vec<String>, refused: Vec<DeadLetterRefusal>, left: u32, silent: &[String]) -> bool {
        let all_new = !ids.is_empty() && !ids.iter().any(|id| self.ids.contains(id));
        self.ids.extend(ids);
        self.refused.extend(refused);
        self.left = left;
        self.silent = silent.to_vec();
        left > 0 && all_new
    }

    fn rest(&self, ids: &[String]) -> Vec<String> {
        let settled = |id: &String| self.ids.contains(id) || self.refused.iter().any(|refusal| refusal.id == *id);
        ids.iter().filter(|id| !settled(id)).cloned().collect()
    }
}

impl Choice {
    /// Numbers first. All letters of a system are never meant by leaving something out.
    async fn count(&self, server: &Server) -> anyhow::Result<()> {
        if !self.ids.is_empty() {
            say!("{} given", text::count(self.ids.len(), "letter"));
            return Ok(());
        }
        if self.filter.is_empty() && !self.all {
            bail!("say which: ids, a filter, or --all");
        }
        let counts = super::counts(server, &self.filter).await?;
        super::print(&counts, &server.missing(&counts.silent_services))
    }

    fn filter(&self) -> Option<catalogue::platform::v1::DeadLetterFilter> {
        self.ids.is_empty().then(|| self.filter.wire())
    }

    /// Nothing more is meant than one call does.
    fn is_one_call(&self) -> bool {
        self.dry_run || self.limit > 0
    }

    fn print(&self, server: &Server, what: &str, done: &Done) -> Verdict {
        let would = if self.dry_run { "would be " } else { "" };
        say!("{would}{what}  {}", done.ids.len());
        for id in done.ids.iter().take(20) {
            say!("  {id}");
        }
        if done.ids.len() > 20 {
            say!("  … and {} more", done.ids.len() - 20);
        }
        for refusal in done.refused.iter().take(20) {
            say!("refused  {}  {}", refusal.id, refusal.reason);
        }
        let silent = server.missing(&done.silent);
        if !silent.is_empty() {
            say!("no answer from {}: theirs are as they were", silent.join(", "));
        }
        if done.left > 0 {
            say!("left  {}", done.left);
        }
        if done.refused.is_empty() && silent.is_empty() && done.left == 0 { Verdict::Good } else { Verdict::Bad }
    }
}
