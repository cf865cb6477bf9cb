//! `Like`.

use contracts_social::v1::{LikeRequest, LikeResponse, Liked};
use messaging::headers;
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use super::still_there;
use crate::store::likes;
use crate::wire;

/// Twice is once.
pub(crate) async fn like(context: &Context, request: Request<LikeRequest>) -> Result<Response<LikeResponse>, Status> {
    command::run(context, "social.Like", request, LikeRequest::request_id, |request, cause, work| {
        Box::pin(async move {
            let target = wire::target_asked(request.target.as_ref())?;
            still_there(work, &target).await?;
            let new = likes::add(work, &request.user_id, &target).await?;
            if new {
                let at = Some(headers::timestamp(work.now_us()));
                work.emit(&cause, &Liked { user_id: request.user_id.clone(), target: Some(wire::target(&target)), at });
            }
            Ok(LikeResponse { already: !new, likes: likes::count(work, &target).await? })
        })
    })
    .await
}
