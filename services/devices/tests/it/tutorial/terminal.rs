//! Does what the page's commands do, by the same bytes: `nats pub`, `nats sub`, `grpcurl`.

use catalogue::Described;
use contracts_devices::v1::device_service_client::DeviceServiceClient;
use contracts_devices::v1::{ListReadingsRequest, WatchReadingsRequest, WatchReadingsResponse};

use prost_reflect::DynamicMessage;
use serde_json::Value;
use testkit::{Process, SOON, Watch, eventually};
use tonic::Streaming;

/// What prepares the ground; whoever runs this has done it.
const PREPARATIONS: [&str; 3] = ["cargo xtask up", "cargo test -p devices", "ENSUE_ACCEPT_PROTO=1 cargo test -p contracts"];

/// The terminals of whoever reads the page.
pub struct Terminal {
    process: Process,
    subscribed: Option<Watch>,
    asked: Option<ListReadingsRequest>,
    view: Option<Streaming<WatchReadingsResponse>>,
    compared: usize,
}

impl Terminal {
    pub fn on(process: Process) -> Self {
        Self { process, subscribed: None, asked: None, view: None, compared: 0 }
    }

    /// How many outputs were as the page says.
    pub fn compared(&self) -> usize {
        self.compared
    }

    pub async fn run(&mut self, line: &str) {
        let quoted = line.split('\'').nth(1).unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        self.asked = None;
        match words.as_slice() {
            ["nats", "pub", "-J", subject, ..] => self.process.publish(subject, quoted.to_owned()).await,
            ["nats", "sub", ..] => self.subscribed = Some(self.process.watch(quoted).await),
            ["grpcurl", "-plaintext", "-d", .., "localhost:50051", "ensue.devices.v1.DeviceService/ListReadings"] => {
                self.asked = Some(request(quoted));
            }
            ["grpcurl", "-plaintext", "-d", .., "localhost:50051", "ensue.devices.v1.DeviceService/WatchReadings"] => {
                let mut client = DeviceServiceClient::new(self.process.channel());
                let request: WatchReadingsRequest = request(quoted);
                self.view = Some(client.watch_readings(request).await.expect("a view").into_inner());
            }
            _ => assert!(PREPARATIONS.contains(&line), "docs/tutorial.md: nobody checks what `{line}` does"),
        }
    }

    /// Of what was asked last: a list, else the subscription if its lines are expected, else what the view shows next.
    pub async fn expect(&mut self, output: &str) {
        self.compared += 1;
        if output.starts_with("[#") {
            return self.expect_lines(output).await;
        }
        let expected: Vec<Value> = serde_json::Deserializer::from_str(output).into_iter().collect::<Result<_, _>>().expect("JSON");
        if let Some(request) = &self.asked {
            let list = || async {
                let mut client = DeviceServiceClient::new(self.process.channel());
                let response = client.list_readings(request.clone()).await.expect("a list").into_inner();
                // What was published is stored a moment later.
                (vec![as_grpcurl(&response)] == expected).then_some(())
            };
            return eventually(SOON, list).await;
        }
        let view = self.view.as_mut().expect("a view that is open");
        for expected in expected {
            let response = tokio::time::timeout(SOON, view.message()).await.expect("a reading in time").expect("an open view");
            assert_eq!(as_grpcurl(&response.expect("an open view")), expected);
        }
    }

    async fn expect_lines(&self, output: &str) {
        let watch = self.subscribed.as_ref().expect("a subscription");
        let lines = || async {
            let seen = watch.messages();
            let lines = seen.iter().enumerate().map(|(at, seen)| format!("[#{}] Received on \"{}\"\n", at + 1, seen.subject));
            (lines.collect::<String>() == output).then_some(())
        };
        eventually(SOON, lines).await;
    }
}

fn request<T: Described>(json: &str) -> T {
    let schema = T::contracts().schemas().message(&T::full_name()).expect("a known message");
    let message = DynamicMessage::deserialize(schema, &mut serde_json::Deserializer::from_str(json)).expect("a request");
    message.transcode_to().expect("a request")
}

fn as_grpcurl<T: Described>(message: &T) -> Value {
    let schema = T::contracts().schemas().message(&T::full_name()).expect("a known message");
    let message = DynamicMessage::decode(schema, message.encode_to_vec().as_slice()).expect("a response");
    serde_json::to_value(message).expect("JSON")
}
