//! Webhooks and the sink, to a real server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::{HeaderMap, StatusCode};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use base64::Engine as _;
use hmac::Mac as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

type Calls = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A server that takes what is posted to `/<status>` and answers with that status; `/never` does not answer.
struct HttpServer {
    port: u16,
    calls: Calls,
    task: JoinHandle<()>,
}

impl HttpServer {
    async fn start() -> Self {
        let calls = Calls::default();
        let kept = Arc::clone(&calls);
        let answer = move |axum::extract::Path(status): axum::extract::Path<String>, headers: HeaderMap, body: Bytes| {
            let kept = Arc::clone(&kept);
            async move {
                kept.lock().expect("nobody panicked").push((headers, body));
                match status.parse() {
                    Ok(status) => StatusCode::from_u16(status).expect("a status"),
                    Err(_) => std::future::pending().await,
                }
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().route("/{status}", post(answer));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { port, calls, task }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    fn calls(&self) -> Vec<(HeaderMap, Bytes)> {
        self.calls.lock().expect("nobody panicked").clone()
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn webhook(timeout: Duration) -> WebhookSender {
    WebhookSender::new(Secret::parse(SECRET).expect("a secret"), timeout, || AT_US + 60_000_000)
}

/// What a receiver does, written independently of the sender.
fn verify(headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    let key = base64::engine::general_purpose::STANDARD.decode(&SECRET["whsec_".len()..]).expect("base64");
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).expect("a key");
    mac.update(&[header("webhook-id").as_bytes(), b".", header("webhook-timestamp").as_bytes(), b".", body].concat());
    let signature = header("webhook-signature");
    let given = base64::engine::general_purpose::STANDARD.decode(signature.strip_prefix("v1,").expect("v1")).expect("base64");
    mac.verify_slice(&given).is_ok()
}

#[tokio::test]
async fn a_receiver_can_verify_a_webhook() {
    let server = HttpServer::start().await;
    webhook(Duration::from_secs(5)).send("k-1", &message(Channel::Webhook, &server.url("204"))).await.unwrap();
    let calls = server.calls();
    let [(headers, body)] = &calls[..] else { panic!("one call: {calls:?}") };
    assert!(verify(headers, body));
    assert!(!verify(headers, b"{}"), "and tell a forged one");
    assert_eq!((headers["webhook-id"].to_str().unwrap(), headers["webhook-timestamp"].to_str().unwrap()), ("k-1", "1795255260"));
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!((body["type"].as_str(), body["timestamp"].as_str()), (Some("order.confirmed"), Some("2026-11-21T10:00:00Z")));
    assert_eq!(body["data"]["order_id"], "order-1");
}

#[tokio::test]
async fn answers_say_whether_to_try_again() {
    let server = HttpServer::start().await;
    let sender = webhook(Duration::from_secs(5));
    for (status, again) in [("500", true), ("503", true), ("429", true), ("408", true), ("404", false), ("410", false), ("302", false)] {
        match sender.send("k", &message(Channel::Webhook, &server.url(status))).await {
            Err(SendError::Transient(error)) => assert!(again && error.contains(status), "{error}"),
            Err(SendError::Permanent(error)) => assert!(!again && error.contains(status), "{error}"),
            Ok(()) => panic!("{status} is no yes"),
        }
    }
    assert_eq!(server.calls().len(), 7, "one call each: redirects are not followed");
}

#[tokio::test]
async fn a_silent_server_is_left_in_time() {
    let server = HttpServer::start().await;
    let answer = webhook(Duration::from_millis(200)).send("k", &message(Channel::Webhook, &server.url("never"))).await;
    assert!(matches!(&answer, Err(SendError::Transient(error)) if error.contains("no answer")), "{answer:?}");
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again_and_a_bad_url_is_not() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let away = webhook(Duration::from_secs(5)).send("k", &message(Channel::Webhook, &format!("http://{free}/204"))).await;
    assert!(matches!(away, Err(SendError::Transient(_))), "{away:?}");
    let bad = webhook(Duration::from_secs(5)).send("k", &message(Channel::Webhook, "no url")).await;
    assert!(matches!(bad, Err(SendError::Permanent(_))), "{bad:?}");
}

#[tokio::test]
async fn a_message_too_large_never_leaves() {
    let server = HttpServer::start().await;
    let large = Message { body: "x".repeat(300_000), ..message(Channel::Webhook, &server.url("204")) };
    let answer = webhook(Duration::from_secs(5)).send("k", &large).await;
    assert!(matches!(answer, Err(SendError::Permanent(_))), "{answer:?}");
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn the_sink_gets_message_key_and_login() {
    let server = HttpServer::start().await;
    let settings = HttpSinkSettings { url: server.url("200"), authorization: "Bearer let-me-in".into(), timeout: Duration::from_secs(5) };
    HttpSink::new(settings).send("k-2", &message(Channel::Sms, "+8613800000000")).await.unwrap();
    let (headers, body) = server.calls().remove(0);
    assert_eq!((headers["idempotency-key"].to_str().unwrap(), headers["authorization"].to_str().unwrap()), ("k-2", "Bearer let-me-in"));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((body["channel"].as_str(), body["to"].as_str()), (Some("sms"), Some("+8613800000000")));
}

#[tokio::test]
async fn each_channel_has_its_own_way_out() {
    let server = HttpServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let files: Arc<dyn Sender> = Arc::new(FileSender::new(folder.path(), from()));
    let senders =
        Senders { email: Arc::clone(&files), sms: Arc::clone(&files), push: files, webhook: Arc::new(webhook(Duration::from_secs(5))) };
    senders.send("mail", &message(Channel::Email, "ada@example.com")).await.unwrap();
    senders.send("hook", &message(Channel::Webhook, &server.url("200"))).await.unwrap();
    assert!(folder.path().join("mail.eml").exists() && server.calls().len() == 1);
}
