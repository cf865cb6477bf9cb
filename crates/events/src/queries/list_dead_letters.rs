//! `ListDeadLetters`: gathered from all services, newest first.

use std::cmp::Reverse;

use catalogue::events::v1::{ListDeadLettersRequest, ListDeadLettersResponse};
use catalogue::platform::v1 as platform;
use prost::Message as _;
use service_host::command::check;
use service_host::page::Page;
use service_host::{Context, status};
use tonic::Status;

use crate::outside::desks;

const PAGE: usize = 50;
const MOST: usize = 1_000;

/// Newest first.
type Place = Reverse<(i64, String)>;

pub(crate) async fn list_dead_letters(context: &Context, request: ListDeadLettersRequest) -> Result<ListDeadLettersResponse, Status> {
    check(&request)?;
    let filter = request.filter.clone().unwrap_or_default();
    let asked = format!("{:?} {}", filter.encode_to_vec(), request.counts_only);
    let page = Page::parse(request.page_size, &request.page_token, &[&asked], PAGE, MOST)?;
    let after = match &page.after {
        None => None,
        Some(text) => Some(parse(text).ok_or_else(|| status::invalid_field("page_token", "is not a token of this list"))?),
    };
    let services = if filter.service.is_empty() { desks::services(&context.catalogue) } else { vec![filter.service.clone()] };
    let question = platform::DeadListRequest {
        filter: Some(filter),
        limit: u32::try_from(page.limit + 1).unwrap_or(u32::MAX),
        counts_only: request.counts_only,
        after_id: after.as_ref().map(|(_, id)| id.clone()).unwrap_or_default(),
        after_us: after.map_or(0, |(at, _)| at),
        ids: Vec::new(),
    };
    let asked = desks::ask_all::<platform::DeadListResponse>(context, &services, "list", &question).await;
    Ok(gather(asked, &page))
}

fn gather(asked: desks::Asked<platform::DeadListResponse>, page: &Page) -> ListDeadLettersResponse {
    let mut response = ListDeadLettersResponse { silent_services: asked.silent, ..Default::default() };
    let mut letters: Vec<platform::DeadLetter> = Vec::new();
    // Behind the last letter of a service that has more, nothing is known.
    let mut horizon: Option<Place> = None;
    for (_, answer) in asked.answers {
        response.total += answer.total;
        response.counts.extend(answer.counts);
        if let Some(last) = answer.letters.last().filter(|_| answer.more).map(place) {
            horizon = Some(horizon.map_or(last.clone(), |nearest| nearest.min(last)));
        }
        letters.extend(answer.letters);
    }
    response.counts.sort_by_key(|count| Reverse(count.count));
    letters.sort_by_key(place);
    letters.retain(|letter| horizon.as_ref().is_none_or(|horizon| place(letter) <= *horizon));
    let key = |letter: &platform::DeadLetter| format!("{}/{}", died_at_us(letter), letter.id);
    (response.dead_letters, response.next_page_token) = page.cut(letters, key, |letter| letter);
    if horizon.is_some()
        && let Some(last) = response.dead_letters.last()
    {
        response.next_page_token = page.next(&key(last));
    }
    response
}

fn place(letter: &platform::DeadLetter) -> Place {
    Reverse((died_at_us(letter), letter.id.clone()))
}

/// When it died, microseconds since 1970.
pub(crate) fn died_at_us(letter: &platform::DeadLetter) -> i64 {
    letter.created_at.as_ref().map_or(0, |at| at.seconds * 1_000_000 + i64::from(at.nanos) / 1_000)
}

fn parse(text: &str) -> Option<(i64, String)> {
    let (at, id) = text.split_once('/')?;
    Some((at.parse().ok()?, id.to_owned()))
}
