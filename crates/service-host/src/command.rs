//! A command that comes as a gRPC call: checked, done once per `request_id`, in one transaction, again after a conflict.

use std::fmt::Write as _;
use std::sync::Arc;

use catalogue::Described;
use futures::future::BoxFuture;
use messaging::Cause;
use prost::Message;
use sha2::{Digest as _, Sha256};
use store::requests::{self, Known};
use store::{StoreError, Work};
use tonic::{Request, Response, Status};

use crate::grpc;
use crate::service::Context;
use crate::status;

/// How often a conflict is tried again before the caller is told.
const TRIES: u32 = 8;

/// Why a command was not done: an answer for the caller, or trouble with the store.
#[derive(Debug)]
pub enum Refusal {
    /// What the caller is told.
    Status(Box<Status>),
    /// Conflicts are tried again; the rest is told.
    Store(StoreError),
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a store's failure is to a caller.
pub fn store_status(error: &StoreError) -> Status {
    match error {
        StoreError::Unavailable(text) => status::unavailable("STORE_UNAVAILABLE", text),
        StoreError::Conflict(_) | StoreError::Fenced(_) => {
            status::aborted("CONCURRENT_CHANGE", "changed by someone else meanwhile; read and try again", [])
        }
        StoreError::Refused(text) => {
            tracing::error!(error = text, "store refused");
            Status::internal("internal error; see the log")
        }
    }
}

/// INVALID_ARGUMENT naming every field that breaks the message's rules.
pub fn check<M: Described>(message: &M) -> Result<(), Status> {
    catalogue::check(message).map_err(|violations| status::invalid(violations.into_iter().map(|it| (it.field, it.description))))
}

/// Runs a command. `method` is what request ids are kept under; `request_id` is the caller's, empty when there is none. The answer
/// to a repeat is the first answer; another body under the same id is ALREADY_EXISTS.
pub async fn run<Req, Res, F>(
    context: &Context,
    method: &'static str,
    request: Request<Req>,
    request_id: impl Fn(&Req) -> &str,
    work: F,
) -> Result<Response<Res>, Status>
where
    Req: Described + Send + Sync + 'static,
    Res: Message + Default + Send + 'static,
    F: for<'a> Fn(Arc<Req>, Cause, &'a mut Work) -> BoxFuture<'a, Result<Res, Refusal>> + Clone + Send + Sync + 'static,
{
    let call = grpc::context(&request);
    let request = Arc::new(request.into_inner());
    check(request.as_ref())?;
    let id = request_id(&request).to_owned();
    let cause = Cause { correlation_id: call.correlate(&id).to_owned(), trace: call.trace(), ..Cause::default() };
    let digest: Arc<str> = if id.is_empty() { "".into() } else { hex(&Sha256::digest(request.encode_to_vec())).into() };
    let id: Arc<str> = id.into();
    let mut tries = 0;
    loop {
        tries += 1;
        let (request, cause, work, digest, id) = (request.clone(), cause.clone(), work.clone(), digest.clone(), id.clone());
        let done: Result<Res, Refusal> = context
            .store
            .write(move |unit| {
                Box::pin(async move {
                    if id.is_empty() {
                        return work(request, cause, unit).await;
                    }
                    match requests::find(unit, method, &id, &digest).await? {
                        Known::Answered(answer) => {
                            return Res::decode(answer.as_slice()).map_err(|error| StoreError::Refused(error.to_string()).into());
                        }
                        Known::OtherBody => return Err(status::already_exists("request", &id).into()),
                        Known::New => {}
                    }
                    let answer = work(request, cause, unit).await?;
                    requests::keep(unit, method, &id, &digest, &answer.encode_to_vec()).await?;
                    Ok(answer)
                })
            })
            .await;
        match done {
            Ok(answer) => return Ok(Response::new(answer)),
            Err(Refusal::Store(StoreError::Conflict(_))) if tries < TRIES => tokio::task::yield_now().await,
            Err(Refusal::Store(error)) => return Err(store_status(&error)),
            Err(Refusal::Status(status)) => return Err(*status),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
