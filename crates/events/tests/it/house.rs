//! The events service with a small inventory and a small shelf beside it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use catalogue::Contract;
use catalogue::events::v1::event_service_client::EventServiceClient;
use catalogue::events::v1::{Event, EventFilter, ListEventsRequest};
use delivery::{Consumer, Handler, Intent, IntentHandler, Received, intend};
use messaging::{Done, Failure, Outcome};
use service_host::Service;
use store::Work;
use testkit::sample::inventory::v1::{RestockProduct, StockRestocked};
use testkit::{Database, Process, SOON, eventually};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

pub struct House {
    pub process: Process,
    pub shelf: Shelf,
    pub carrier: Carrier,
}

/// A consumer of `inventory.restocked` that fails for chosen quantities, and shows what it was given.
#[derive(Clone, Default)]
pub struct Shelf {
    /// (key, quantity), in order. Only what was handled to its end.
    put: Arc<Mutex<Vec<(String, i64)>>>,
    fails_on: Arc<Mutex<Vec<i64>>>,
    tries: Arc<AtomicU32>,
}

impl Shelf {
    pub fn fail_on(&self, quantities: &[i64]) {
        *self.fails_on.lock().unwrap() = quantities.to_vec();
    }

    /// What was put there under a key, in order.
    pub fn put(&self, key: &str) -> Vec<i64> {
        self.put.lock().unwrap().iter().filter(|(known, _)| known == key).map(|(_, quantity)| *quantity).collect()
    }

    pub fn tries(&self) -> u32 {
        self.tries.load(Ordering::SeqCst)
    }
}

impl Handler for Shelf {
    type Input = StockRestocked;

    async fn handle(&self, event: Received<StockRestocked>, work: &mut Work) -> Outcome {
        self.tries.fetch_add(1, Ordering::SeqCst);
        if event.product_id == "by-call" {
            let id = format!("call-{}", event.quantity);
            intend::<Carrier>(work, &id, &event.product_id, &event.quantity, event.cause()).await?;
            return Ok(Done);
        }
        if self.fails_on.lock().unwrap().contains(&event.quantity) {
            return Err(Failure::dead(format!("no room for {} pieces", event.quantity)));
        }
        let mut put = self.put.lock().unwrap();
        let line = (event.product_id.clone(), event.quantity);
        // A batch that fails is run again: each counts once.
        if !put.contains(&line) {
            put.push(line);
        }
        Ok(Done)
    }
}

/// Somebody outside who is called, and shows how.
#[derive(Clone, Default)]
pub struct Carrier {
    /// (quantity, attempt)
    calls: Arc<Mutex<Vec<(i64, u32)>>>,
    refuses: Arc<AtomicBool>,
}

impl Carrier {
    pub fn refuse(&self, refuse: bool) {
        self.refuses.store(refuse, Ordering::SeqCst);
    }

    pub fn calls(&self) -> Vec<(i64, u32)> {
        self.calls.lock().unwrap().clone()
    }
}

impl IntentHandler for Carrier {
    type Call = i64;
    type Answer = ();
    const KIND: &'static str = "carry";

    async fn call(&self, intent: &Intent<i64>) -> Result<(), Failure> {
        self.calls.lock().unwrap().push((intent.call, intent.attempt));
        if self.refuses.load(Ordering::SeqCst) { Err(Failure::dead("the carrier refuses")) } else { Ok(()) }
    }

    async fn settle(&self, _: &Intent<i64>, (): &(), _: &mut Work) -> Outcome {
        Ok(Done)
    }

    async fn give_up(&self, _: &Intent<i64>, _: &str, _: &mut Work) -> Outcome {
        Ok(Done)
    }
}

/// A command that leads to an event.
struct Restock {
    fails_on: Arc<Mutex<Vec<i64>>>,
}

impl Handler for Restock {
    type Input = RestockProduct;

    async fn handle(&self, command: Received<RestockProduct>, work: &mut Work) -> Outcome {
        if self.fails_on.lock().unwrap().contains(&-command.quantity) {
            return Err(Failure::dead("the gate is shut"));
        }
        let event = restocked(&command.product_id, command.quantity);
        work.emit(command.cause(), &event);
        Ok(Done)
    }
}

pub fn restocked(product: &str, quantity: i64) -> StockRestocked {
    StockRestocked { product_id: product.to_owned(), quantity, ..StockRestocked::default() }
}

impl House {
    pub async fn on(database: Database) -> Self {
        let (shelf, carrier) = (Shelf::default(), Carrier::default());
        let (theirs, outside) = (shelf.clone(), carrier.clone());
        let services = move |config: &service_host::config::Config| {
            let restock = Restock { fails_on: theirs.fails_on.clone() };
            vec![
                events::service(config),
                Service::new("inventory").command(restock),
                Service::new("shipping").consumer(Consumer::new("shelf").on(theirs.clone())).intent(outside.clone()),
                // Doors of these, and nothing more.
                Service::new("workouts"),
                Service::new("users"),
            ]
        };
        let process =
            Process::of(&[&testkit::sample::CONTRACTS], services).on(database).set(|config| config.nats.all_events = true).start().await;
        Self { process, shelf, carrier }
    }

    pub fn client(&self) -> EventServiceClient<Channel> {
        EventServiceClient::new(self.process.channel())
    }

    pub async fn restock(&self, product: &str, quantities: impl IntoIterator<Item = i64>) {
        self.process.emit_all("inventory", quantities.into_iter().map(|quantity| restocked(product, quantity)).collect()).await;
    }

    /// A list, whole or refused.
    pub async fn list(&self, request: ListEventsRequest) -> Result<(Vec<Event>, String), Status> {
        let answer = self.client().list_events(request).await?.into_inner();
        Ok((answer.events, answer.next_page_token))
    }

    /// All that a filter means, as soon as there are so many.
    pub async fn events(&self, filter: EventFilter, count: usize) -> Vec<Event> {
        eventually(SOON, || async {
            let request = ListEventsRequest { filter: Some(filter.clone()), page_size: 1_000, ..Default::default() };
            let (events, _) = self.list(request).await.expect("a list");
            assert!(events.len() <= count, "more than {count}: {events:#?}");
            (events.len() == count).then_some(events)
        })
        .await
    }
}

/// Of one type.
pub fn of<C: Contract>() -> EventFilter {
    EventFilter { types: vec![C::TYPE.to_owned()], ..EventFilter::default() }
}

/// The fields that an INVALID_ARGUMENT names.
pub fn fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_details_bad_request().expect("field violations");
    details.field_violations.into_iter().map(|violation| violation.field).collect()
}

/// A request in a conversation.
pub fn in_conversation<T>(message: T, correlation_id: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-correlation-id", correlation_id.parse().expect("an id"));
    request
}
