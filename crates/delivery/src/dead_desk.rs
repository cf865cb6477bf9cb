//! The desk where a service's dead letters are asked for: `dead.<service>.list`, `.show`, `.redrive` and `.discard`.

mod list;
mod settle;

use std::sync::Arc;

use bytes::Bytes;
use catalogue::Catalogue;
use catalogue::platform::v1 as platform;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use messaging::{Answer, Broker, BrokerError, Responder};
use prost::Message;
use store::{Store, StoreError};

use crate::consumer::ConsumerHandle;
use crate::door::Door;

/// Ids in one request at most.
pub const IDS: usize = 1_000;

#[derive(Clone)]
struct Desk {
    store: Store,
    broker: Arc<dyn Broker>,
    catalogue: Catalogue,
    door: Arc<Door>,
    consumers: Arc<[ConsumerHandle]>,
}

/// Answers until the responders are dropped; several processes of one service share the requests. `consumers` are woken when something
/// of theirs was redriven or discarded; those of other processes see it at their next look.
pub async fn serve(
    store: &Store,
    broker: &Arc<dyn Broker>,
    catalogue: &Catalogue,
    consumers: &[ConsumerHandle],
) -> Result<Vec<Box<dyn Responder>>, BrokerError> {
    let service = store.service();
    let desk = Desk {
        store: store.clone(),
        broker: broker.clone(),
        catalogue: catalogue.clone(),
        door: Arc::new(Door::new(service, catalogue)),
        consumers: consumers.into(),
    };
    let verbs = [
        (
            "list",
            answer(
                &desk,
                |desk, request| list::list(desk.store, desk.catalogue, request).boxed(),
                |error| platform::DeadListResponse { error, ..Default::default() },
            ),
        ),
        (
            "show",
            answer(
                &desk,
                |desk, request| list::show(desk.store, request).boxed(),
                |error| platform::DeadShowResponse { error, ..Default::default() },
            ),
        ),
        ("redrive", answer(&desk, |desk, request| settle::redrive(desk, request).boxed(), refused)),
        ("discard", answer(&desk, |desk, request| settle::discard(desk, request).boxed(), refused)),
    ];
    let group = format!("dead-{service}");
    let mut responders = Vec::new();
    for (verb, answer) in verbs {
        responders.push(broker.respond(&format!("dead.{service}.{verb}"), &group, answer).await?);
    }
    Ok(responders)
}

fn refused(error: String) -> platform::DeadSettleResponse {
    platform::DeadSettleResponse { error, ..Default::default() }
}

/// Bytes in, bytes out; what goes wrong is said in the answer.
fn answer<Req, Res>(desk: &Desk, work: fn(Desk, Req) -> BoxFuture<'static, Result<Res, StoreError>>, failed: fn(String) -> Res) -> Answer
where
    Req: Message + Default + 'static,
    Res: Message + 'static,
{
    let desk = desk.clone();
    Arc::new(move |body: Bytes| {
        let desk = desk.clone();
        async move {
            let answer = match Req::decode(body) {
                Err(error) => failed(error.to_string()),
                Ok(request) => work(desk, request).await.unwrap_or_else(|error| failed(error.to_string())),
            };
            answer.encode_to_vec().into()
        }
        .boxed()
    })
}
