//! `ListWorkouts`: a user's, the latest first.

use contracts_workouts::v1::{ListWorkoutsRequest, ListWorkoutsResponse};
use messaging::headers;
use service_host::page::Page;
use service_host::{Context, command, status};
use store::{Params, StoreError, Value, params};
use tonic::Status;

use crate::store::{BRIEF, Record};
use crate::{domain, wire};

const PAGE: usize = 50;
const MOST: usize = 1_000;

/// A page. A workout of which nobody knows when it started stands where it was first heard of. Heart rates are left to `GetWorkout`.
pub async fn list_workouts(context: &Context, request: ListWorkoutsRequest) -> Result<ListWorkoutsResponse, Status> {
    command::check(&request)?;
    let (from, to) = (request.from.as_ref().map(headers::micros), request.to.as_ref().map(headers::micros));
    let (since, until) = (from.unwrap_or(i64::MIN).to_string(), to.unwrap_or(i64::MAX).to_string());
    let filters = [request.user_id.as_str(), &request.r#type, &since, &until];
    let page = Page::parse(request.page_size, &request.page_token, &filters, PAGE, MOST)?;

    let mut conditions = vec!["user_id = $1 AND status <> $2".to_owned()];
    let mut params: Params = params![&request.user_id, domain::Status::Deleted.as_str()];
    let mut also = |condition: &str, value: Value| {
        params.push(value);
        conditions.push(condition.replace('?', &format!("${}", params.len())));
    };
    if !request.r#type.is_empty() {
        also("type = ?", request.r#type.as_str().into());
    }
    if let Some(from) = from {
        also("at_us >= ?", from.into());
    }
    if let Some(to) = to {
        also("at_us < ?", to.into());
    }
    if let Some(after) = &page.after {
        let foreign = || status::invalid_field("page_token", "is not a token of this service");
        let (time, workout_id) = after.split_once('/').ok_or_else(foreign)?;
        let time: i64 = time.parse().map_err(|_| foreign())?;
        params.extend(params![time, workout_id]);
        conditions.push(format!("(at_us, workout_id) < (${}, ${})", params.len() - 1, params.len()));
    }
    params.push((page.limit as u64 + 1).into());
    let sql = format!(
        "SELECT {BRIEF}, at_us FROM workouts WHERE {} ORDER BY at_us DESC, workout_id DESC LIMIT ${}",
        conditions.join(" AND "),
        params.len()
    );
    let failed = |error: StoreError| command::store_status(&error);
    let rows = context.store.rows(&sql, params).await.map_err(failed)?;
    let read = |row| Ok((row_time(row)?, Record::read_brief(row)?));
    let records = rows.iter().map(read).collect::<Result<Vec<(i64, Record)>, StoreError>>().map_err(failed)?;
    let key = |(at_us, record): &(i64, Record)| format!("{at_us}/{}", record.workout_id);
    let (workouts, next_page_token) = page.cut(records, key, |(_, record)| wire::workout(&record));
    Ok(ListWorkoutsResponse { workouts, next_page_token })
}

fn row_time(row: &store::Row) -> Result<i64, StoreError> {
    row.get("at_us")
}
