//! `Unfollow`.

use contracts_social::v1::{UnfollowRequest, UnfollowResponse, Unfollowed};
use messaging::headers;
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use crate::domain::Target;
use crate::store::follows;
use crate::wire;

/// Twice is once.
pub(crate) async fn unfollow(context: &Context, request: Request<UnfollowRequest>) -> Result<Response<UnfollowResponse>, Status> {
    command::run(context, "social.Unfollow", request, UnfollowRequest::request_id, |request, cause, work| {
        Box::pin(async move {
            let UnfollowRequest { user_id, target_user_id, .. } = request.as_ref();
            let followed = follows::remove(work, user_id, target_user_id).await?;
            if followed {
                let target = Some(wire::target(&Target::user(target_user_id)));
                let at = Some(headers::timestamp(work.now_us()));
                work.emit(&cause, &Unfollowed { user_id: user_id.clone(), target, at });
            }
            Ok(UnfollowResponse { already: !followed })
        })
    })
    .await
}
