//! `GetDeadLetter`: one letter with all it has, from whichever service has it.

use std::borrow::Cow;

use catalogue::Catalogue;
use catalogue::events::v1::{GetDeadLetterRequest, GetDeadLetterResponse};
use catalogue::platform::v1 as platform;
use messaging::{Headers, headers};
use prost_types::Struct;
use service_host::command::check;
use service_host::{Context, status};
use tonic::Status;

use super::shown;
use crate::outside::desks;

pub(crate) async fn get_dead_letter(context: &Context, request: GetDeadLetterRequest) -> Result<GetDeadLetterResponse, Status> {
    check(&request)?;
    let question = platform::DeadShowRequest { id: request.id.clone() };
    let asked = desks::ask_all::<platform::DeadShowResponse>(context, &desks::services(&context.catalogue), "show", &question).await;
    let letter = asked.answers.into_iter().find_map(|(_, answer)| answer.letter);
    let letter = letter.ok_or_else(|| status::not_found("dead_letter", &request.id))?;
    Ok(GetDeadLetterResponse { data: data(&letter, &context.catalogue), dead_letter: Some(letter) })
}

/// What stands in it: a message of a log in its newest version; what came by hand, and a call that was to be made, is JSON already.
fn data(letter: &platform::DeadLetter, catalogue: &Catalogue) -> Option<Struct> {
    let lines = letter.headers.iter().map(|header| (Cow::Owned(header.name.clone()), header.value.clone()));
    let lines: Headers = lines.collect();
    match headers::read(&letter.subject, &lines, letter.payload.clone()) {
        Ok(envelope) => shown::data(&envelope, catalogue),
        Err(_) => shown::object(serde_json::from_slice(&letter.payload).ok()?),
    }
}
