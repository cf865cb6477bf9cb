//! `DiscardDeadLetters`: nobody wants them any more, for a reason that is kept; what stood behind them goes on.

use catalogue::events::v1::{DiscardDeadLettersRequest, DiscardDeadLettersResponse};
use catalogue::platform::v1 as platform;
use service_host::{Context, command, grpc};
use tonic::{Request, Response, Status};

use super::once::once;
use super::settling::{Settled, deadline};
use super::targets::{self, Targets};

pub(crate) async fn discard_dead_letters(
    context: &Context,
    request: Request<DiscardDeadLettersRequest>,
) -> Result<Response<DiscardDeadLettersResponse>, Status> {
    command::check(request.get_ref())?;
    let correlation_id = grpc::context(&request).correlate(request.get_ref().request_id()).to_owned();
    let request = request.into_inner();
    let job = discard(context.clone(), request.clone(), correlation_id);
    if request.dry_run {
        return job.await.map(Response::new);
    }
    once(context, "DiscardDeadLetters", request.request_id(), &request, job).await.map(Response::new)
}

async fn discard(
    context: Context,
    request: DiscardDeadLettersRequest,
    correlation_id: String,
) -> Result<DiscardDeadLettersResponse, Status> {
    let deadline = deadline(&context);
    let Targets { open, refused, silent } = targets::find(&context, &request.ids, request.filter.as_ref(), request.limit, |_| None).await?;
    let mut settled = Settled { refused, silent, ..Settled::default() };
    if request.dry_run {
        settled.ids = open.into_iter().map(|target| target.id).collect();
    } else {
        let question = |ids| platform::DeadDiscardRequest { ids, reason: request.reason.clone(), correlation_id: correlation_id.clone() };
        settled.hand_over(&context, &open, "discard", question, 0, deadline).await;
    }
    Ok(DiscardDeadLettersResponse {
        discarded: u32::try_from(settled.ids.len()).unwrap_or(u32::MAX),
        refused: settled.refused,
        ids: settled.ids,
        left: settled.left,
        silent_services: settled.silent,
    })
}
