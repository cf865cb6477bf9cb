//! `RedriveDeadLetters`: lets the owners handle their letters again, each once; a few first, if that is asked for.

use std::time::Duration;

use catalogue::events::v1::{RedriveDeadLettersRequest, RedriveDeadLettersResponse};
use catalogue::platform::v1::{self as platform, DeadLetterState};
use service_host::{Context, command, grpc};
use tokio::time::Instant;
use tonic::{Request, Response, Status};

use super::once::once;
use super::settling::{Settled, deadline};
use super::targets::{self, Target, Targets};
use crate::outside::desks;

/// How often the canaries are looked at.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) async fn redrive_dead_letters(
    context: &Context,
    request: Request<RedriveDeadLettersRequest>,
) -> Result<Response<RedriveDeadLettersResponse>, Status> {
    command::check(request.get_ref())?;
    let correlation_id = grpc::context(&request).correlate(request.get_ref().request_id()).to_owned();
    let request = request.into_inner();
    let job = redrive(context.clone(), request.clone(), correlation_id);
    if request.dry_run {
        return job.await.map(Response::new);
    }
    once(context, "RedriveDeadLetters", request.request_id(), &request, job).await.map(Response::new)
}

async fn redrive(
    context: Context,
    request: RedriveDeadLettersRequest,
    correlation_id: String,
) -> Result<RedriveDeadLettersResponse, Status> {
    let deadline = deadline(&context);
    let Targets { open, refused, silent } = targets::find(&context, &request.ids, request.filter.as_ref(), request.limit, nobodys).await?;
    if request.dry_run {
        let ids: Vec<String> = open.into_iter().map(|target| target.id).collect();
        return Ok(RedriveDeadLettersResponse { redriven: count(ids.len()), ids, refused, silent_services: silent, ..Default::default() });
    }
    let question = |ids| platform::DeadRedriveRequest { ids, correlation_id: correlation_id.clone() };
    let (canaries, rest) = open.split_at(open.len().min(request.canary as usize));
    let mut settled = Settled { refused, silent, ..Settled::default() };
    settled.hand_over(&context, canaries, "redrive", question, request.rate_per_second, deadline).await;
    let stopped = !rest.is_empty() && !canaries.is_empty() && !applied(&context, canaries, deadline).await;
    if stopped {
        settled.left += count(rest.len());
    } else {
        settled.hand_over(&context, rest, "redrive", question, request.rate_per_second, deadline).await;
    }
    Ok(RedriveDeadLettersResponse {
        redriven: count(settled.ids.len()),
        refused: settled.refused,
        stopped_by_canary: stopped,
        ids: settled.ids,
        left: settled.left,
        silent_services: settled.silent,
    })
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// What nobody's log holds has no handler that it could go to.
fn nobodys(letter: &platform::DeadLetter) -> Option<&'static str> {
    (letter.reason == "foreign").then_some("foreign")
}

/// Whether all of them were handled by now; no, as soon as one died again, and when it can't be told in time.
async fn applied(context: &Context, canaries: &[Target], deadline: Instant) -> bool {
    loop {
        match look(context, canaries).await {
            Some(applied) => return applied,
            None if Instant::now() + LOOK > deadline => return false,
            None => tokio::time::sleep(LOOK).await,
        }
    }
}

/// `None` = some still wait.
async fn look(context: &Context, canaries: &[Target]) -> Option<bool> {
    let mut waiting = false;
    for run in canaries.chunk_by(|one, other| one.service == other.service) {
        for part in run.chunks(200) {
            let ids = part.iter().map(|target| target.id.clone()).collect();
            let question = platform::DeadListRequest { ids, limit: 1_000, ..Default::default() };
            let answer: platform::DeadListResponse = desks::ask(context, &run[0].service, "list", &question).await.ok()?;
            if answer.letters.iter().any(|letter| letter.state() == DeadLetterState::Open) {
                return Some(false);
            }
            waiting |= answer.more || answer.letters.len() < part.len() || answer.letters.iter().any(|letter| letter.waiting);
        }
    }
    (!waiting).then_some(true)
}
