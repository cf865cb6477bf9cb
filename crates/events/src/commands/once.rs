//! The first answer to a request id, for commands whose work is other services' and no transaction here.

use std::future::Future;

use ::store::requests::{self, Known};
use ::store::{StoreError, Work};
use prost::Message;
use service_host::command::store_status;
use service_host::{Context, status};
use tonic::Status;
use uuid::Uuid;

/// Runs `job` to its end even if the caller goes, and keeps its answer under `request_id`. A repeat is answered from there; one that
/// comes before the end, or after a crash, does the work again, which every owner's letter takes once.
pub(crate) async fn once<Req, Res>(
    context: &Context,
    method: &'static str,
    request_id: &str,
    request: &Req,
    job: impl Future<Output = Result<Res, Status>> + Send + 'static,
) -> Result<Res, Status>
where
    Req: Message,
    Res: Message + Default + Send + 'static,
{
    let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, &request.encode_to_vec()).to_string();
    let id = request_id.to_owned();
    if let Some(answer) = known(context, method, &id, &digest).await? {
        return Ok(answer);
    }
    let (context, failed) = (context.clone(), |error| status::unavailable("INTERRUPTED", &format!("the work was interrupted: {error}")));
    let work = tokio::spawn(async move {
        let answer = job.await?;
        keep(&context, method, &id, &digest, answer.encode_to_vec()).await?;
        Ok(answer)
    });
    work.await.map_err(failed)?
}

async fn known<Res: Message + Default>(context: &Context, method: &'static str, id: &str, digest: &str) -> Result<Option<Res>, Status> {
    if id.is_empty() {
        return Ok(None);
    }
    let (asked, digest) = (id.to_owned(), digest.to_owned());
    let known = context.store.write(move |work: &mut Work| Box::pin(async move { requests::find(work, method, &asked, &digest).await }));
    match known.await.map_err(|error: StoreError| store_status(&error))? {
        Known::New => Ok(None),
        Known::OtherBody => Err(status::already_exists("request", id)),
        Known::Answered(answer) => {
            Res::decode(answer.as_slice()).map(Some).map_err(|error| store_status(&StoreError::Refused(error.to_string())))
        }
    }
}

async fn keep(context: &Context, method: &'static str, id: &str, digest: &str, answer: Vec<u8>) -> Result<(), Status> {
    if id.is_empty() {
        return Ok(());
    }
    let (id, digest) = (id.to_owned(), digest.to_owned());
    let kept = context.store.write(move |work| Box::pin(async move { requests::keep(work, method, &id, &digest, &answer).await }));
    match kept.await {
        // Another with the same id was quicker: its answer is the one that is kept.
        Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(store_status(&error)),
    }
}
