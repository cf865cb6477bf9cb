//! `ensue dead redrive` and `discard`.

use anyhow::bail;
use clap::Args;
use contracts::events::v1::{DeadLetterRefusal, DiscardDeadLettersRequest, RedriveDeadLettersRequest};

use super::filter::Filter;
use crate::client::{Server, ask};
use crate::text::say;
use crate::{Verdict, text};

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

/// Not good where letters were refused or the canaries died again.
pub async fn redrive(server: &Server, arguments: &Redrive) -> anyhow::Result<Verdict> {
    let choice = &arguments.choice;
    choice.count(server).await?;
    let request = RedriveDeadLettersRequest {
        ids: choice.ids.clone(),
        filter: choice.filter(),
        dry_run: choice.dry_run,
        limit: choice.limit,
        canary: arguments.canary,
        rate_per_second: arguments.rate,
        request_id: Some(messaging::root_id()),
    };
    let answer = ask!(server, events.redrive_dead_letters(request)).await?;
    let verdict = choice.print("redriven", answer.redriven, &answer.ids, &answer.refused);
    if answer.stopped_by_canary {
        say!("the first {} died again: the rest was left alone", arguments.canary);
        return Ok(Verdict::Bad);
    }
    Ok(verdict)
}

/// Not good where letters were refused.
pub async fn discard(server: &Server, arguments: &Discard) -> anyhow::Result<Verdict> {
    let choice = &arguments.choice;
    choice.count(server).await?;
    let request = DiscardDeadLettersRequest {
        ids: choice.ids.clone(),
        filter: choice.filter(),
        dry_run: choice.dry_run,
        limit: choice.limit,
        reason: arguments.reason.clone(),
        request_id: Some(messaging::root_id()),
    };
    let answer = ask!(server, events.discard_dead_letters(request)).await?;
    Ok(choice.print("discarded", answer.discarded, &answer.ids, &answer.refused))
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
        super::counts(server, &self.filter).await?;
        Ok(())
    }

    fn filter(&self) -> Option<contracts::platform::v1::DeadLetterFilter> {
        self.ids.is_empty().then(|| self.filter.wire())
    }

    fn print(&self, done: &str, number: u32, ids: &[String], refused: &[DeadLetterRefusal]) -> Verdict {
        let would = if self.dry_run { "would be " } else { "" };
        say!("{would}{done}  {number}");
        for id in ids.iter().take(20) {
            say!("  {id}");
        }
        if ids.len() > 20 {
            say!("  … and {} more", ids.len() - 20);
        }
        for refusal in refused.iter().take(20) {
            say!("refused  {}  {}", refusal.id, refusal.reason);
        }
        if refused.is_empty() { Verdict::Good } else { Verdict::Bad }
    }
}
