//! Inputs that are nearly right: made from good ones, by changes that know what they change.

use std::collections::HashMap;

use catalogue::Contract;
use messaging::headers::{Headers, write};
use messaging::{Envelope, Kind, PROTOBUF, partition_of};
use prost::Message;
use testkit::sample::inventory::v1::{RestockProduct, StockRestocked};

/// What a message is made for.
pub enum Way {
    /// Straight onto a domain stream, as if a relay had published it.
    Stream,
    /// By hand, to the door of a domain.
    Ingest,
    /// By hand, to a service.
    Command,
    /// Into the owner's log, and from there by the relay: it has a position, whatever it says.
    Log,
}

/// One input.
pub struct Mutant {
    pub way: Way,
    /// `Nats-Msg-Id`, or the event's id in the log.
    pub id: String,
    pub subject: String,
    pub headers: Headers,
    pub payload: Vec<u8>,
    /// In the log.
    pub envelope: Option<Envelope>,
}

/// Makes them, the same ones for the same seed as far as the heads of the log allow.
pub struct Mutator {
    rng: fastrand::Rng,
    made: u64,
    /// The last position of each partition.
    heads: HashMap<u32, u64>,
}

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed), made: 0, heads: HashMap::new() }
    }

    pub fn learn(&mut self, heads: HashMap<u32, u64>) {
        self.heads = heads;
    }

    pub fn next(&mut self) -> Mutant {
        self.made += 1;
        match self.rng.u8(0..10) {
            0..=3 => self.stream(),
            4..=5 => self.ingest(),
            6..=7 => self.command(),
            _ => self.log(),
        }
    }

    fn id(&self, way: &str) -> String {
        format!("fuzz-{way}-{}", self.made)
    }

    fn envelope(&mut self, id: &str, key: &str) -> Envelope {
        let event = StockRestocked { product_id: key.to_owned(), quantity: self.rng.i64(..), ..StockRestocked::default() };
        Envelope {
            id: id.to_owned(),
            type_: StockRestocked::TYPE.to_owned(),
            kind: Kind::Event,
            source: "inventory".to_owned(),
            key: key.to_owned(),
            aggregate_type: StockRestocked::AGGREGATE.to_owned(),
            time_us: 1_700_000_000_000_000,
            schema: StockRestocked::SCHEMA.to_owned(),
            content_type: PROTOBUF.to_owned(),
            correlation_id: id.to_owned(),
            causation_id: String::new(),
            sequence: 1,
            position: self.position(key),
            trace: Default::default(),
            extensions: Default::default(),
            payload: event.encode_to_vec().into(),
        }
    }

    /// One that was, one that may be next, or one far off.
    fn position(&mut self, key: &str) -> u64 {
        let head = self.heads.get(&partition_of(key)).copied().unwrap_or(0);
        match self.rng.u8(0..4) {
            0 => self.rng.u64(1..=head.max(1)),
            1 => head + self.rng.u64(1..4),
            2 => head + 1_000_000 + self.rng.u64(0..1_000),
            _ => u64::try_from(i64::MAX).unwrap_or(u64::MAX),
        }
    }

    /// Headers of an envelope, some of them spoilt, on the key of a healthy product or on one of its own.
    fn stream(&mut self) -> Mutant {
        let id = self.id("stream");
        let key =
            if self.rng.bool() { super::system::HEALTHY[self.rng.usize(..super::system::HEALTHY.len())].to_owned() } else { self.key() };
        // Not the id that it is published under: who forges that as well is for the broker's permissions to keep out.
        let forged = self.id("forged");
        let envelope = self.envelope(&forged, &key);
        let (subject, mut headers) = (envelope.subject(), write(&envelope));
        for _ in 0..self.rng.usize(0..4) {
            self.spoil(&mut headers);
        }
        let payload = self.bytes(&envelope.payload);
        Mutant { way: Way::Stream, id, subject, headers, payload, envelope: None }
    }

    fn spoil(&mut self, headers: &mut Headers) {
        if headers.is_empty() {
            return;
        }
        let at = self.rng.usize(..headers.len());
        match self.rng.u8(0..6) {
            0 => drop(headers.remove(at)),
            1 => headers[at].1 = self.text(),
            2 => {
                let (name, value) = headers[at].clone();
                headers.push((name.to_uppercase().into(), value));
            }
            3 => {
                headers[at].1 =
                    ["0", "-1", "1e3", "18446744073709551615", "18446744073709551616", "٣", " 7"][self.rng.usize(..7)].to_owned()
            }
            4 => headers
                .push((format!("ce-{}", ["", "x", "position", "extension-that-nobody-knows"][self.rng.usize(..4)]).into(), self.text())),
            _ => {
                let other = self.rng.usize(..headers.len());
                headers[at].1 = headers[other].1.clone();
            }
        }
    }

    const WORKOUT: &str =
        r#"{"workout_id":"w1","started_at":"2026-11-20T06:30:00Z","duration_s":1800,"distance_m":5000,"heart_rate_bpm":[90,120]}"#;

    fn ingest(&mut self) -> Mutant {
        let id = self.id("ingest");
        let type_ =
            ["workout.completed", "workout.completed", "workout.completed", "workout.processed", "workout.bogus"][self.rng.usize(..5)];
        let subject = format!("ingest.{type_}.{}", self.key());
        let headers = vec![("ce-correlationid".into(), id.clone())];
        let payload = self.json(Self::WORKOUT);
        Mutant { way: Way::Ingest, id, subject, headers: self.by_hand(headers), payload, envelope: None }
    }

    fn command(&mut self) -> Mutant {
        let id = self.id("command");
        let verb = ["restock", "restock", "restock", "reserve", "bogus"][self.rng.usize(..5)];
        let subject = format!("commands.inventory.{verb}.{}", self.key());
        let mut headers = vec![("ce-correlationid".into(), id.clone())];
        let payload = if self.rng.u8(0..4) == 0 {
            headers.push(("content-type".into(), PROTOBUF.to_owned()));
            let command = RestockProduct { product_id: "p".to_owned(), quantity: self.rng.i64(..), ..RestockProduct::default() };
            self.bytes(&command.encode_to_vec())
        } else {
            self.json(r#"{"quantity":5}"#)
        };
        Mutant { way: Way::Command, id, subject, headers: self.by_hand(headers), payload, envelope: None }
    }

    /// Headers that a person would not set, sometimes.
    fn by_hand(&mut self, mut headers: Headers) -> Headers {
        if self.rng.u8(0..4) == 0 {
            let name =
                ["ce-position", "ce-type", "ce-source", "traceparent", "ce-datacontenttype", "content-encoding"][self.rng.usize(..6)];
            headers.push((name.into(), self.text()));
        }
        headers
    }

    /// Numbered by its owner, so it is real: but payload, schema or content type are not what they should be.
    fn log(&mut self) -> Mutant {
        let id = self.id("log");
        let key = format!("odd-{}", self.made);
        let mut envelope = self.envelope(&id, &key);
        match self.rng.u8(0..5) {
            0 => envelope.type_ = "inventory.bogus".to_owned(),
            1 => {
                envelope.schema =
                    ["", "sample.inventory.v1.Nothing", "sample.orders.v1.OrderPlaced", "x y\"%"][self.rng.usize(..4)].to_owned()
            }
            2 => envelope.content_type = ["application/json", "text/plain", "", "application/protobuf; x"][self.rng.usize(..4)].to_owned(),
            _ => {}
        }
        let payload = if envelope.content_type.ends_with("json") {
            self.json(r#"{"product_id":"p","quantity":"7"}"#)
        } else {
            self.bytes(&envelope.payload)
        };
        envelope.payload = payload.into();
        if self.rng.u8(0..4) == 0 {
            envelope.extensions.insert("note".to_owned(), self.text());
        }
        Mutant { way: Way::Log, id, subject: String::new(), headers: Headers::new(), payload: Vec::new(), envelope: Some(envelope) }
    }

    /// A subject token that may be no key.
    fn key(&mut self) -> String {
        match self.rng.u8(0..8) {
            0 => "k".repeat(self.rng.usize(60..300)),
            1 => "ключ-牛奶".to_owned(),
            2 => "a$b%41".to_owned(),
            3 => "*x".to_owned(),
            _ => format!("key-{}", self.rng.u32(0..50)),
        }
    }

    fn text(&mut self) -> String {
        match self.rng.u8(0..8) {
            0 => String::new(),
            1 => "%00".to_owned(),
            2 => "%zz%".to_owned(),
            3 => "\u{0}\u{7f}".to_owned(),
            4 => "牛奶🥛".to_owned(),
            5 => "x".repeat(self.rng.usize(1..5_000)),
            6 => "2026-11-20T06:30:00Z".to_owned(),
            _ => self.rng.u64(..).to_string(),
        }
    }

    fn bytes(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        for _ in 0..self.rng.usize(0..4) {
            let at = self.rng.usize(..=bytes.len());
            match self.rng.u8(0..5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.rng.u8(..)),
                2 if at < bytes.len() => bytes[at] = self.rng.u8(..),
                // A length that promises more than there is.
                3 => bytes.extend([0x0a, 0xff, 0xff, 0xff, 0x7f]),
                _ => {
                    let tail = bytes[at..].to_vec();
                    bytes.extend(tail);
                }
            }
        }
        bytes
    }

    fn json(&mut self, good: &str) -> Vec<u8> {
        let good = good.replace("w1", &format!("w{}", self.made));
        match self.rng.u8(0..10) {
            0..=2 => good.into_bytes(),
            3 => good.replace(':', "").into_bytes(),
            4 => good.replacen('{', r#"{"nobody_knows":1,"#, 1).into_bytes(),
            5 => good.replace(|char: char| char.is_ascii_digit(), "9999999999").into_bytes(),
            6 => "[".repeat(self.rng.usize(1..2_000)).into_bytes(),
            7 => [b"\xff\xfe".as_slice(), good.as_bytes()].concat(),
            8 => good.replace(['1', '5'], "-1").into_bytes(),
            _ => self.bytes(good.as_bytes()),
        }
    }
}
