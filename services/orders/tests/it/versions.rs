//! Both forms of `order.placed`: what was written in the first is read in the second.

use std::sync::{Arc, Mutex};

use catalogue::Contract;
use contracts_orders::v1::OrderStatus;
use contracts_orders::{v1, v2};
use delivery::{Consumer, Handler, Received};
use messaging::{Done, Envelope, Kind, Outcome};
use orders::domain::Event;
use orders::wire;
use prost::Message as _;
use service_host::Service;
use store::Work;
use testkit::{Process, SOON, eventually};

use crate::shop::{Shop, request};

/// Somebody who knows the second form only.
struct Reader(Arc<Mutex<Vec<v2::OrderPlaced>>>);

impl Handler for Reader {
    type Input = v2::OrderPlaced;

    async fn handle(&self, event: Received<v2::OrderPlaced>, _: &mut Work) -> Outcome {
        self.0.lock().unwrap().push(event.into_body());
        Ok(Done)
    }
}

fn old(order_id: &str) -> v1::OrderPlaced {
    let wish = request(order_id);
    v1::OrderPlaced {
        order_id: order_id.into(),
        user_id: wish.user_id,
        contact: wish.contact,
        items: wish.items,
        payment: wish.payment,
        saga_id: order_id.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn both_forms_reach_a_consumer_of_the_second() {
    let read = Arc::new(Mutex::new(Vec::new()));
    let reader = read.clone();
    let services = move |_: &service_host::config::Config| {
        let consumer = Consumer::new("reader").on(Reader(reader.clone()));
        vec![Service::new("notifications").consumer(consumer), Service::new("orders")]
    };
    let process = Process::of(
        &[&contracts_inventory::CONTRACTS, &contracts_orders::CONTRACTS, &contracts_payments::CONTRACTS, &contracts_shipping::CONTRACTS],
        services,
    )
    .start()
    .await;
    process.emit("orders", old("o-1")).await;
    let address = request("").shipping_address;
    process.emit("orders", v2::OrderPlaced { order_id: "o-2".into(), shipping_address: address.clone(), ..Default::default() }).await;
    let mut seen = eventually(SOON, || async { Some(read.lock().unwrap().clone()).filter(|seen| seen.len() == 2) }).await;
    seen.sort_by(|one, other| one.order_id.cmp(&other.order_id));
    assert_eq!((seen[0].user_id.as_str(), seen[0].address_unknown, &seen[0].shipping_address), ("user-123", true, &None));
    assert_eq!((seen[1].address_unknown, &seen[1].shipping_address), (false, &address));
}

#[tokio::test]
async fn orders_publishes_the_second_form() {
    let shop = Shop::open().await;
    let events = shop.process.watch("events.order.placed.*").await;
    shop.place("o-1").await;
    let placed: v2::OrderPlaced = events.first("o-1").await;
    assert_eq!((placed.status(), placed.shipping_address), (OrderStatus::Pending, request("").shipping_address));
}

#[test]
fn an_order_of_the_first_form_is_an_order() {
    let event = old("o-1");
    let envelope = Envelope {
        id: "e-1".into(),
        type_: v1::OrderPlaced::TYPE.into(),
        kind: Kind::Event,
        source: "orders".into(),
        key: "o-1".into(),
        aggregate_type: "order".into(),
        time_us: 0,
        schema: v1::OrderPlaced::SCHEMA.into(),
        content_type: messaging::PROTOBUF.into(),
        correlation_id: String::new(),
        causation_id: String::new(),
        sequence: 1,
        position: 1,
        trace: Default::default(),
        extensions: Default::default(),
        payload: event.encode_to_vec().into(),
    };
    let Event::Placed(placed) = wire::event_of(&envelope).unwrap() else { panic!("no placing") };
    assert_eq!((placed.user_id.as_str(), placed.shipping_address, placed.items.len()), ("user-123", None, 2));
}
