//! `UploadWorkoutData`: a file is kept, looked into, and taken or refused.
//!
//! It flows into the object store as it comes. Then it is read once for the caller, who is told what is wrong with it; once taken, it is the
//! processor that reads it for its samples. The whole is a task of its own, so that it can clean up behind a caller who goes away.

use std::sync::{Arc, Mutex, PoisonError};

use contracts_workouts::v1::upload_workout_data_request::Part;
use contracts_workouts::v1::{UploadHeader, UploadWorkoutDataRequest, UploadWorkoutDataResponse, WorkoutDataUploaded};
use futures::{StreamExt, TryStreamExt, stream};
use messaging::{Cause, Content, ObjectError, headers};
use service_host::{Context, Refusal, command, grpc, status};
use store::{StoreError, Work};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::{Book, Verdict, settle};
use crate::domain::{self, Data, Heart, Refused};
use crate::outside::{Reader, Unread};
use crate::store::{self as rows, Outcome, Who};
use crate::{config, wire};

/// Bytes of one chunk.
const CHUNK: usize = 1 << 20;
/// How often a conflict is tried again.
const TRIES: u32 = 8;
/// What nobody hears.
const GONE: &str = "the caller went away";

/// Answers where the file is kept and which workout it is of.
pub async fn upload_workout_data(
    context: &Context,
    reader: &Reader,
    request: Request<Streaming<UploadWorkoutDataRequest>>,
) -> Result<Response<UploadWorkoutDataResponse>, Status> {
    let call = grpc::context(&request);
    let cause = Cause { correlation_id: call.correlate("").to_owned(), trace: call.trace(), ..Cause::default() };
    let mut parts = request.into_inner();
    let header = match parts.message().await?.and_then(|first| first.part) {
        Some(Part::Header(header)) => header,
        _ => return Err(status::invalid_field("header", "must come first")),
    };
    command::check(&header)?;
    let gone = CancellationToken::new();
    let upload = Upload { context: context.clone(), reader: reader.clone(), header, cause, gone: gone.clone() };
    // Dropped with this call, also when its caller goes away half-way.
    let _here = gone.drop_guard();
    let done = tokio::spawn(upload.run(parts)).await;
    done.unwrap_or_else(|_| Err(Status::internal("internal error; see the log"))).map(Response::new)
}

struct Upload {
    context: Context,
    reader: Reader,
    header: UploadHeader,
    cause: Cause,
    /// To tonic, who goes away has come to the end of the file (read in tonic 0.14).
    gone: CancellationToken,
}

impl Upload {
    async fn run(self, parts: Streaming<UploadWorkoutDataRequest>) -> Result<UploadWorkoutDataResponse, Status> {
        let kept = self.keep(parts).await?;
        let object = kept.object.clone();
        let answer = self.take(kept).await;
        // The same bytes are kept already, or nobody will ever ask for these.
        let of_use = answer.as_ref().is_ok_and(|taken| taken.of_use);
        if !of_use && let Err(error) = self.context.objects.delete(config::BUCKET, &object).await {
            tracing::warn!(object, %error, "a file stays behind");
        }
        let taken = answer?;
        match taken.refused {
            None => Ok(taken.response),
            Some(refused) => Err(refusal(&refused, &taken.response.workout_id)),
        }
    }

    /// Into the object store.
    async fn keep(&self, parts: Streaming<UploadWorkoutDataRequest>) -> Result<Data, Status> {
        let object = format!("{}/{}", self.header.user_id, messaging::root_id());
        let (content, wrong) = content(parts, self.gone.clone());
        let info = self.context.objects.put(config::BUCKET, &object, content).await.map_err(|error| {
            let told = wrong.lock().unwrap_or_else(PoisonError::into_inner).take();
            told.unwrap_or_else(|| store_status(&error))
        })?;
        Ok(Data {
            bucket: config::BUCKET.to_owned(),
            object,
            size: info.size,
            sha256: info.sha256,
            format: wire::format_read(self.header.format()),
            file_name: self.header.file_name.clone(),
        })
    }

    async fn take(&self, data: Data) -> Result<Taken, Status> {
        let (verdict, data) = self.reader.read(data).await.map_err(|unread| match unread {
            Unread::Object(error) => store_status(&error),
            Unread::Io(error) => status::unavailable("OBJECT_STORE_UNAVAILABLE", &error.to_string()),
        })?;
        if self.gone.is_cancelled() {
            return Err(Status::cancelled(GONE));
        }
        let heart = config::heart(&self.context.config);
        let mut tries = 0;
        loop {
            tries += 1;
            let (header, cause, data, verdict) = (self.header.clone(), self.cause.clone(), data.clone(), verdict.clone());
            let written: Result<Taken, Refusal> = self
                .context
                .store
                .write(move |work| Box::pin(async move { taken(work, &header, &cause, data, &verdict, heart).await }))
                .await;
            match written {
                Ok(taken) => return Ok(taken),
                Err(Refusal::Store(StoreError::Conflict(_))) if tries < TRIES => tokio::task::yield_now().await,
                Err(Refusal::Store(error)) => return Err(command::store_status(&error)),
                Err(Refusal::Status(status)) => return Err(*status),
            }
        }
    }
}

/// What became of an upload.
struct Taken {
    response: UploadWorkoutDataResponse,
    refused: Option<Refused>,
    /// Whether somebody refers to the file.
    of_use: bool,
}

async fn taken(
    work: &mut Work,
    header: &UploadHeader,
    cause: &Cause,
    data: Data,
    verdict: &Verdict,
    heart: Heart,
) -> Result<Taken, Refusal> {
    let response = |workout_id: String, data: &Data, already_known| {
        let data = Some(wire::data(data));
        UploadWorkoutDataResponse { workout_id, data, already_known }
    };
    if let Some(known) = rows::find_known(work, &header.user_id, &data.sha256).await? {
        let refused = match known.outcome {
            Outcome::Refused(refused) => Some(refused),
            Outcome::Pending | Outcome::Processed => None,
        };
        let who = Who { user_id: header.user_id.clone(), workout_id: known.workout_id.clone() };
        let kept = rows::lock(work, &who).await?.and_then(|record| record.workout.data).filter(|kept| kept.sha256 == data.sha256);
        return Ok(Taken { response: response(known.workout_id, &kept.unwrap_or(data), true), refused, of_use: false });
    }
    let workout_id = wire::said(&header.workout_id).unwrap_or_else(|| named_by(&header.user_id, &data.sha256));
    let who = Who { user_id: header.user_id.clone(), workout_id };
    let mut book = Book::of(work, &who, heart).await?;
    let decision = domain::upload(book.workout(&who), data.clone()).map_err(|rejection| wire::refused(rejection, &who.workout_id))?;
    let refused = match verdict {
        Verdict::Good(_) => {
            let event = WorkoutDataUploaded {
                user_id: who.user_id.clone(),
                workout_id: who.workout_id.clone(),
                data: Some(wire::data(&data)),
                uploaded_at: Some(headers::timestamp(work.now_us())),
                time_zone: header.time_zone.clone(),
            };
            work.emit(cause, &event);
            rows::put_known(work, &who, &data.sha256, &Outcome::Pending).await?;
            if let Some(workout) = decision {
                book.change(work, cause, &who, workout);
                book.close(work).await?;
            }
            None
        }
        Verdict::Refused(refused) => {
            settle(work, cause, &who, &data, None, verdict, heart).await?;
            Some(refused.clone())
        }
    };
    Ok(Taken { response: response(who.workout_id, &data, false), refused, of_use: true })
}

/// The same file of the same user is the same workout.
fn named_by(user_id: &str, sha256: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("workout/{user_id}/{sha256}").as_bytes()).to_string()
}

/// The chunks as content, as many as are taken; what was wrong with them is told beside it.
fn content(parts: Streaming<UploadWorkoutDataRequest>, gone: CancellationToken) -> (Content, Arc<Mutex<Option<Status>>>) {
    let wrong = Arc::new(Mutex::new(None));
    let told = wrong.clone();
    let mut bytes = 0;
    let left = gone.clone();
    let end = stream::once(async move { left.is_cancelled().then(|| Err(Status::cancelled(GONE))) }).filter_map(std::future::ready);
    let parts = parts.take_until(gone.cancelled_owned()).chain(end);
    let chunks = parts.and_then(move |part| {
        let chunk = match part.part {
            Some(Part::Chunk(chunk)) if chunk.len() > CHUNK => Err(status::invalid_field("chunk", "must not be longer than 1 MiB")),
            Some(Part::Chunk(chunk)) => {
                bytes += chunk.len() as u64;
                let much = || status::invalid_field("chunk", "too_large: the file has more than 64 MiB");
                if bytes > config::FILE { Err(much()) } else { Ok(chunk) }
            }
            _ => Err(status::invalid_field("chunk", "must be all that follows the header")),
        };
        std::future::ready(chunk)
    });
    let content = chunks.map_err(move |status| {
        let error = ObjectError::BrokenOff(status.message().to_owned());
        *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
        error
    });
    (content.boxed(), wrong)
}

fn store_status(error: &ObjectError) -> Status {
    status::unavailable("OBJECT_STORE_UNAVAILABLE", &error.to_string())
}

fn refusal(refused: &Refused, workout_id: &str) -> Status {
    let facts = [("reason", refused.reason.to_string()), ("workout_id", workout_id.to_owned())];
    status::failed_precondition("DATA_REFUSED", &refused.to_string(), facts)
}
