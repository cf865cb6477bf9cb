//! `CreateRule`: something new to be reached, by what people did already too.

use contracts_achievements::v1::{CreateRuleRequest, CreateRuleResponse};
use messaging::Cause;
use service_host::{Context, Refusal, command, status};
use store::{Work, params};
use tonic::{Request, Response, Status};

use crate::domain::Rule;
use crate::store::rules::{self, Record};
use crate::{consumers, wire};

/// Active rules at most: each event of a user is compared with all of them.
const MOST: i64 = 200;

/// Counts from this commit on, and over the history in the background. The same rule again changes nothing and answers how it stands.
pub async fn create_rule(context: &Context, request: Request<CreateRuleRequest>) -> Result<Response<CreateRuleResponse>, Status> {
    command::check(request.get_ref())?;
    let rule = wire::rule_asked(&request.get_ref().rule.clone().unwrap_or_default())?;
    let method = "achievements.CreateRule";
    command::run(context, method, request, CreateRuleRequest::request_id, move |request, cause, work| {
        let rule = rule.clone();
        Box::pin(async move {
            let description = request.rule.as_ref().map(|rule| rule.description.clone()).unwrap_or_default();
            let record = Record { rule, description, active: true, created_at_us: work.now_us() };
            let record = create(record, cause, work).await?;
            Ok(CreateRuleResponse { rule: Some(wire::rule(&record)) })
        })
    })
    .await
}

async fn create(record: Record, cause: Cause, work: &mut Work) -> Result<Record, Refusal> {
    // Whoever adds a person meanwhile waits, and finds this rule.
    rules::lock_book(work).await?;
    let Rule { id, .. } = &record.rule;
    if let Some(known) = rules::lock(work, id).await? {
        let same = Record { created_at_us: known.created_at_us, ..record.clone() } == known;
        return if same { Ok(known) } else { Err(status::already_exists("rule", id).into()) };
    }
    let row = work.row("SELECT COUNT(*) AS rules FROM rules WHERE active = 1", params![]).await?;
    let active: i64 = row.map(|row| row.get("rules")).transpose()?.unwrap_or(0);
    if active >= MOST {
        let text = format!("there are {active} active rules, and {MOST} are the most; retire one first");
        return Err(status::failed_precondition("TOO_MANY_RULES", &text, [("active", active.to_string())]).into());
    }
    rules::add(work, &record).await?;
    consumers::begin(work, cause, id).await?;
    Ok(record)
}
