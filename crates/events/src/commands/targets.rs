//! Which dead letters a request means, and whose they are.

use std::collections::BTreeSet;

use catalogue::events::v1::DeadLetterRefusal;
use catalogue::platform::v1::{self as platform, DeadLetterState};
use futures::future::join_all;
use service_host::{Context, status};
use tonic::Status;

use crate::outside::desks;
use crate::queries::list_dead_letters::died_at_us;

/// Ids in one question.
const IDS: usize = 500;
/// Letters of one request at most; those that are left are meant again next time.
const MOST: usize = 100_000;

/// A letter that is open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// First, so that the oldest come first: they stand before the others of their key.
    died_at_us: i64,
    pub(crate) id: String,
    pub(crate) service: String,
}

/// What a request means.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    /// Oldest first.
    pub(crate) open: Vec<Target>,
    pub(crate) refused: Vec<DeadLetterRefusal>,
    pub(crate) silent: Vec<String>,
}

/// Finds them, by ids or by a filter; `limit` of them at most, 0 = all. `forbidden` says why one is not to be had, though it is open.
pub(crate) async fn find(
    context: &Context,
    ids: &[String],
    filter: Option<&platform::DeadLetterFilter>,
    limit: u32,
    forbidden: fn(&platform::DeadLetter) -> Option<&'static str>,
) -> Result<Targets, Status> {
    let wanted: BTreeSet<&String> = ids.iter().collect();
    let questions: Vec<platform::DeadListRequest> = match (wanted.is_empty(), filter) {
        (true, None) => {
            return Err(status::invalid_field("filter", "is required where there are no ids; an empty one means all that are open"));
        }
        (false, Some(_)) => return Err(status::invalid_field("filter", "either ids or a filter")),
        (true, Some(filter)) => vec![platform::DeadListRequest { filter: Some(filter.clone()), ..Default::default() }],
        (false, None) => {
            let ids: Vec<String> = wanted.iter().map(|id| (*id).clone()).collect();
            ids.chunks(IDS).map(|ids| platform::DeadListRequest { ids: ids.to_vec(), ..Default::default() }).collect()
        }
    };
    let services = match filter.map(|filter| filter.service.as_str()) {
        None | Some("") => desks::services(&context.catalogue),
        Some(service) => vec![service.to_owned()],
    };
    let mut targets = Targets::default();
    let mut unknown = wanted;
    let questions = &questions;
    let asking = services.iter().map(|service| async move { (service, all(context, service, questions).await) });
    for (service, letters) in join_all(asking).await {
        let Some(letters) = letters else {
            targets.silent.push(service.clone());
            continue;
        };
        for letter in letters {
            unknown.remove(&letter.id);
            let refusal = match letter.state() {
                DeadLetterState::Redriven => Some("already_redriven"),
                DeadLetterState::Discarded => Some("already_discarded"),
                _ => forbidden(&letter),
            };
            let target = Target { died_at_us: died_at_us(&letter), id: letter.id, service: letter.service };
            match refusal {
                None => targets.open.push(target),
                Some(reason) => targets.refused.push(DeadLetterRefusal { id: target.id, reason: reason.to_owned() }),
            }
        }
    }
    let unknown = unknown.into_iter().map(|id| DeadLetterRefusal { id: id.clone(), reason: "unknown".to_owned() });
    targets.refused.extend(unknown);
    targets.open.sort();
    if limit > 0 {
        targets.open.truncate(limit as usize);
    }
    Ok(targets)
}

/// All that a service has of them; `None` = it does not answer.
async fn all(context: &Context, service: &str, questions: &[platform::DeadListRequest]) -> Option<Vec<platform::DeadLetter>> {
    let mut letters: Vec<platform::DeadLetter> = Vec::new();
    for question in questions {
        let mut question = platform::DeadListRequest { limit: 1_000, ..question.clone() };
        loop {
            let answer: platform::DeadListResponse = desks::ask(context, service, "list", &question).await.ok()?;
            letters.extend(answer.letters);
            let Some(last) = letters.last().filter(|_| answer.more && letters.len() < MOST) else { break };
            question.after_id.clone_from(&last.id);
            question.after_us = died_at_us(last);
        }
    }
    Some(letters)
}
