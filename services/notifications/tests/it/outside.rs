//! Real servers on the loopback instead of files.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use contracts_notifications::v1::{Channel, SendNotificationRequest};
use http::{HeaderMap, StatusCode};
use notifications::config::{Mail, Sink, Transport, Webhook};
use service_host::config::Config;
use testkit::{Database, SOON, eventually};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::failing::by_smtp;
use crate::house::{House, contact, placed};
use crate::mail_server::MailServer;

testkit::on_both_databases! {
    mail_goes_out_by_smtp_under_an_id_of_its_own
    sms_and_push_go_to_the_gateway
    a_gateway_that_is_back_gets_the_same_message_under_the_same_key
    a_webhook_is_signed_and_carries_the_event
    a_setting_that_cannot_be_used_stops_the_start
}

type Calls = Arc<Mutex<Vec<(HeaderMap, serde_json::Value)>>>;

/// Takes what is posted; answers the first `busy` calls with 503.
struct Gateway {
    url: String,
    calls: Calls,
    task: JoinHandle<()>,
}

impl Gateway {
    async fn start(busy: usize) -> Self {
        let calls = Calls::default();
        let kept = calls.clone();
        let answer = move |headers: HeaderMap, body: Bytes| {
            let mut kept = kept.lock().expect("nobody panicked");
            kept.push((headers, serde_json::from_slice(&body).expect("JSON")));
            std::future::ready(if kept.len() > busy { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE })
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/in", listener.local_addr().expect("an address"));
        let router = Router::new().route("/in", post(answer));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, calls, task }
    }

    async fn calls(&self, count: usize) -> Vec<(HeaderMap, serde_json::Value)> {
        eventually(SOON, || async { Some(self.calls.lock().expect("nobody panicked").clone()).filter(|calls| calls.len() >= count) }).await
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn mail_goes_out_by_smtp_under_an_id_of_its_own(database: Database) {
    let server = MailServer::start("250 OK").await;
    let house = House::start_with(database, |config| by_smtp(config, server.port)).await;
    let orders = (0..30).map(|number| placed(&format!("order-{number}"), Some(contact("en")))).collect();
    house.process.emit_all("orders", orders).await;
    eventually(SOON, || async { (house.all_sent().len() == 60).then_some(()) }).await;
    house.settled().await;
    let mails = server.mails();
    assert_eq!(mails.len(), 30);
    let (sent, shown) = house.sent("order_placed", Channel::Email).await;
    let id = format!("Message-ID: <{}@ensue.example>", sent.notification_id);
    let mail = mails.iter().find(|mail| mail.contains(&id)).expect("its mail");
    assert!(mail.contains("To: ada@example.com\r\n") && mail.contains(&format!("Subject: {}", shown.title)), "{mail}");
    assert!(house.files().iter().all(|file| file.ends_with(".txt")), "sms are files still");
}

async fn sms_and_push_go_to_the_gateway(database: Database) {
    let gateway = Gateway::start(0).await;
    let url = gateway.url.clone();
    let house = House::start_with(database, |config| config.put(Sink { url, token: "s3cret".into() })).await;
    house.process.emit("orders", placed("order-1", Some(contact("zh")))).await;
    let (sent, _) = house.sent("order_placed", Channel::Sms).await;
    let (headers, body) = gateway.calls(1).await.remove(0);
    assert_eq!(
        (headers["idempotency-key"].to_str().unwrap(), headers["authorization"].to_str().unwrap()),
        (sent.notification_id.as_str(), "Bearer s3cret")
    );
    assert_eq!((&body["channel"], &body["to"], &body["type"]), (&"sms".into(), &"+8613800000789".into(), &"order.placed".into()));
    assert_eq!(body["message"], "已收到订单 order-1，金额 15,997.00 CNY。");
}

async fn a_gateway_that_is_back_gets_the_same_message_under_the_same_key(database: Database) {
    let gateway = Gateway::start(2).await;
    let url = gateway.url.clone();
    let house = House::start_with(database, |config| config.put(Sink { url, ..Sink::default() })).await;
    house.process.emit("orders", placed("order-1", Some(contact("en")))).await;
    let (sent, shown) = house.sent("order_placed", Channel::Sms).await;
    assert_eq!((sent.attempts, shown.attempts, shown.error.as_str()), (3, 3, ""));
    let calls = gateway.calls(3).await;
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|(headers, body)| headers["idempotency-key"] == sent.notification_id.as_str() && *body == calls[0].1));
    assert!(house.all_failed().is_empty());
}

async fn a_webhook_is_signed_and_carries_the_event(database: Database) {
    let gateway = Gateway::start(0).await;
    let url = gateway.url.clone();
    let house = House::start_with(database, |config| {
        config.put(Webhook { url, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into() });
    })
    .await;
    let request = SendNotificationRequest {
        user_id: "user-1".into(),
        channel: Channel::Webhook.into(),
        r#type: "order.confirmed".into(),
        message: "Order order-1 is confirmed.".into(),
        data: [("order_id".to_owned(), "order-1".to_owned())].into(),
        ..SendNotificationRequest::default()
    };
    house.client().send_notification(request).await.expect("accepted");
    let (headers, body) = gateway.calls(1).await.remove(0);
    let (sent, shown) = house.sent("", Channel::Webhook).await;
    assert_eq!(headers["webhook-id"].to_str().unwrap(), sent.notification_id);
    assert!(headers["webhook-signature"].to_str().unwrap().starts_with("v1,"), "{headers:?}");
    assert_eq!((&body["type"], &body["data"]["order_id"]), (&"order.confirmed".into(), &"order-1".into()));
    assert!(shown.recipient.ends_with("/***"), "{shown:?}");
}

async fn a_setting_that_cannot_be_used_stops_the_start(database: Database) {
    drop(database);
    for (change, setting) in [
        ((|config| config.put(Mail { from: "nobody".into(), ..Mail::default() })) as fn(&mut Config), "mail.from"),
        (|config| config.put(Webhook { secret: "sesame".into(), ..Webhook::default() }), "webhook.secret"),
        (
            |config| config.put(Mail { transport: Transport::Smtp, smtp_url: "smtp://me@localhost".into(), ..Mail::default() }),
            "mail.smtp_url",
        ),
    ] {
        let nats = testkit::NatsServer::start().await;
        let data = tempfile::tempdir().expect("a folder");
        let mut config = Config { data_dir: data.path().to_owned(), ..Default::default() };
        (config.grpc.port, config.metrics.port) = (0, 0);
        config.nats.url = nats.url();
        change(&mut config);
        let services = vec![notifications::service(&config)];
        let Err(error) = service_host::start(
            config,
            catalogue::Catalogue::of([
                &contracts_achievements::CONTRACTS,
                &contracts_inventory::CONTRACTS,
                &contracts_notifications::CONTRACTS,
                &contracts_orders::CONTRACTS,
                &contracts_payments::CONTRACTS,
                &contracts_shipping::CONTRACTS,
                &contracts_users::CONTRACTS,
                &contracts_workouts::CONTRACTS,
            ])
            .expect("contracts"),
            services,
        )
        .await
        else {
            panic!("{setting}: it started")
        };
        assert!(error.to_string().contains(setting), "{error}");
    }
}
