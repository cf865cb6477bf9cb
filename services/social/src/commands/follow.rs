//! `Follow`.

use contracts_social::v1::{FollowRequest, FollowResponse, Followed};
use messaging::headers;
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use crate::domain::{self, Target};
use crate::store::follows;
use crate::wire;

/// Twice is once.
pub(crate) async fn follow(context: &Context, request: Request<FollowRequest>) -> Result<Response<FollowResponse>, Status> {
    command::run(context, "social.Follow", request, FollowRequest::request_id, |request, cause, work| {
        Box::pin(async move {
            let FollowRequest { user_id, target_user_id, .. } = request.as_ref();
            let others = follows::count(work, user_id, target_user_id).await?;
            domain::may_follow(user_id, target_user_id, others).map_err(wire::refused)?;
            let new = follows::add(work, user_id, target_user_id).await?;
            if new {
                let target = Some(wire::target(&Target::user(target_user_id)));
                let at = Some(headers::timestamp(work.now_us()));
                work.emit(&cause, &Followed { user_id: user_id.clone(), target, at });
            }
            Ok(FollowResponse { already: !new })
        })
    })
    .await
}
