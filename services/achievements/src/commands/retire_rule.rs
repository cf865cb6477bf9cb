//! `RetireRule`: nobody comes nearer to it any more; what was unlocked stays.

use contracts_achievements::v1::{RetireRuleRequest, RetireRuleResponse};
use service_host::{Context, command, status};
use tonic::{Request, Response, Status};

use crate::store::rules::{self, Record};
use crate::wire;

/// NOT_FOUND where there is none; one that is retired already stays so.
pub async fn retire_rule(context: &Context, request: Request<RetireRuleRequest>) -> Result<Response<RetireRuleResponse>, Status> {
    command::run(context, "achievements.RetireRule", request, RetireRuleRequest::request_id, |request, _, work| {
        Box::pin(async move {
            let known = rules::lock(work, &request.rule_id).await?.ok_or_else(|| status::not_found("rule", &request.rule_id))?;
            rules::retire(work, &request.rule_id).await?;
            Ok(RetireRuleResponse { rule: Some(wire::rule(&Record { active: false, ..known })) })
        })
    })
    .await
}
