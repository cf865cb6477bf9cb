//! `Comment`.

use contracts_social::v1::{CommentRequest, CommentResponse, Commented};
use messaging::{headers, root_id};
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use super::still_there;
use crate::store::comments::{self, Comment};
use crate::wire;

/// Each call is a comment; a `request_id` makes a repeat the same one.
pub(crate) async fn comment(context: &Context, request: Request<CommentRequest>) -> Result<Response<CommentResponse>, Status> {
    command::run(context, "social.Comment", request, CommentRequest::request_id, |request, cause, work| {
        Box::pin(async move {
            let CommentRequest { user_id, text, .. } = request.as_ref().clone();
            let target = wire::target_asked(request.target.as_ref())?;
            still_there(work, &target).await?;
            let comment = Comment { comment_id: root_id(), user_id, target, text, at_us: work.now_us() };
            comments::add(work, &comment).await?;
            let shown = wire::comment(&comment);
            let event = Commented {
                user_id: comment.user_id,
                target: shown.target.clone(),
                comment_id: comment.comment_id,
                text: comment.text,
                at: Some(headers::timestamp(comment.at_us)),
            };
            work.emit(&cause, &event);
            Ok(CommentResponse { comment: Some(shown) })
        })
    })
    .await
}
