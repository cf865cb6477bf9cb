//! FIT, Garmin's Flexible and Interoperable Data Transfer, by the crate fitparser: structure, checksums and profile are its business.

use std::io::{self, Read};

use fitparser::de::{FitObject, FitStreamProcessor};
use fitparser::profile::MesgNum;
use fitparser::{FitDataField, FitDataRecord, Value};

use super::{ReadError, Samples};
use crate::domain::{Lap, Reason, Recording, Refused, Sample};

/// Bytes that are held ahead: more than the longest message, 130,051.
const AHEAD: usize = 256 << 10;
/// Messages of one file.
const MESSAGES: usize = 2_000_000;
/// Laps of one file.
const LAPS: usize = 10_000;
/// The number of the field of a record that holds speed and distance in three bytes.
const COMPRESSED_SPEED_DISTANCE: u8 = 8;
/// Degrees of a semicircle, the unit of positions.
const SEMICIRCLE: f64 = 180.0 / (1_u64 << 31) as f64;

/// Reads all that is in it. Files may be chained; those that are no activities (settings, courses) are passed over.
pub(super) fn read(source: impl Read) -> Result<Recording, ReadError> {
    let mut window = Window::new(source);
    let mut processor = FitStreamProcessor::new();
    let mut activity = Activity::new();
    let (mut messages, mut closed) = (0, false);
    while let Some(ahead) = window.ahead()? {
        let held = ahead.len();
        let (rest, object) = processor.deserialize_next(ahead).map_err(damaged)?;
        let taken = held - rest.len();
        closed = matches!(object, FitObject::Crc(_));
        match object {
            FitObject::Crc(_) => processor.reset(),
            FitObject::Header(_) => activity.applies = false,
            FitObject::DefinitionMessage(_) => {}
            FitObject::DataMessage(message) => {
                let compressed = message.fields().get(&COMPRESSED_SPEED_DISTANCE).cloned();
                let record = processor.decode_message(message).map_err(damaged)?;
                activity.take(&record, compressed.as_ref())?;
            }
        }
        messages += 1;
        if messages > MESSAGES {
            return Err(Reason::TooLarge.because(format!("more than {MESSAGES} messages")).into());
        }
        if taken == 0 {
            return Err(Reason::Damaged.because("a message without length").into());
        }
        window.pass(taken);
    }
    if !closed {
        return Err(Reason::Damaged.because("it ends in the middle").into());
    }
    Ok(activity.finish()?)
}

fn damaged(error: impl std::fmt::Display) -> Refused {
    Reason::Damaged.because(error)
}

/// What has been read of the activities in a file.
struct Activity {
    /// Whether the file that is being read, of those chained, is one.
    applies: bool,
    any: bool,
    samples: Samples,
    laps: Vec<Lap>,
    kind: Option<String>,
    calories_kcal: Option<f64>,
    odometer: Odometer,
}

impl Activity {
    fn new() -> Self {
        let odometer = Odometer::default();
        Self { applies: false, any: false, samples: Samples::new(), laps: Vec::new(), kind: None, calories_kcal: None, odometer }
    }

    fn take(&mut self, record: &FitDataRecord, compressed: Option<&Value>) -> Result<(), Refused> {
        let fields = Fields(record.fields());
        match record.kind() {
            MesgNum::FileId => {
                self.applies = fields.text("type") == Some("activity");
                self.any |= self.applies;
            }
            _ if !self.applies => {}
            MesgNum::Record => {
                let mut sample = sample(&fields);
                if let Some(compressed) = compressed {
                    (sample.speed_mps, sample.distance_m) = self.odometer.read(compressed).unzip();
                }
                self.samples.push(sample, fields.time("timestamp").is_some())?;
            }
            MesgNum::Lap if self.laps.len() < LAPS => self.laps.push(Lap {
                started_at_us: fields.time("start_time"),
                elapsed_s: fields.number("total_elapsed_time"),
                distance_m: fields.number("total_distance"),
                average_heart_rate_bpm: fields.number("avg_heart_rate"),
                calories_kcal: fields.number("total_calories"),
            }),
            MesgNum::Session => {
                self.kind = self.kind.take().or_else(|| fields.text("sport").map(str::to_owned));
                if let Some(calories) = fields.number("total_calories") {
                    *self.calories_kcal.get_or_insert(0.0) += calories;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Recording, Refused> {
        if !self.any {
            return Err(Reason::NotAWorkout.because("a FIT file of another type than activity"));
        }
        let samples = self.samples.finish("record")?;
        Ok(Recording { kind: self.kind, samples, laps: self.laps, calories_kcal: self.calories_kcal })
    }
}

fn sample(fields: &Fields<'_>) -> Sample {
    let degrees = |name| fields.number(name).map(|semicircles| semicircles * SEMICIRCLE);
    let (latitude, longitude) = degrees("position_lat").zip(degrees("position_long")).unzip();
    Sample {
        at_us: fields.time("timestamp").unwrap_or_default(),
        heart_rate_bpm: fields.number("heart_rate"),
        cadence_rpm: fields.number("cadence"),
        speed_mps: fields.number("enhanced_speed").or_else(|| fields.number("speed")),
        distance_m: fields.number("distance"),
        latitude,
        longitude,
        altitude_m: fields.number("enhanced_altitude").or_else(|| fields.number("altitude")),
        temperature_c: fields.number("temperature"),
        power_w: fields.number("power"),
    }
}

/// Speed and distance of early devices, 12 bits each: hundredths of a metre a second, and sixteenths of a metre that begin anew after 4,096.
/// (fitparser 0.11 takes each distance for a way from the one before, and adds them up.)
#[derive(Default)]
struct Odometer {
    last: u32,
    total: u32,
}

impl Odometer {
    /// Metres a second, and metres from the start.
    fn read(&mut self, compressed: &Value) -> Option<(f64, f64)> {
        let Value::Array(bytes) = compressed else { return None };
        let [Value::Byte(low), Value::Byte(middle), Value::Byte(high)] = bytes[..] else { return None };
        let speed = u32::from(low) | u32::from(middle & 0x0f) << 8;
        let distance = u32::from(middle >> 4) | u32::from(high) << 4;
        self.total = self.total.saturating_add(distance.wrapping_sub(self.last) & 0xfff);
        self.last = distance;
        Some((f64::from(speed) / 100.0, f64::from(self.total) / 16.0))
    }
}

/// A message's fields by name.
struct Fields<'a>(&'a [FitDataField]);

impl<'a> Fields<'a> {
    /// Of the profile; what a developer's extension calls the same is something else.
    fn value(&self, name: &str) -> Option<&'a Value> {
        self.0.iter().find(|field| field.name() == name).map(FitDataField::value)
    }

    fn number(&self, name: &str) -> Option<f64> {
        let value: f64 = self.value(name)?.clone().try_into().ok()?;
        value.is_finite().then_some(value)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn time(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Timestamp(time) => Some(time.timestamp_micros()),
            _ => None,
        }
    }
}

/// The next bytes of a source: as many as a message may have, never the whole file.
struct Window<R> {
    source: R,
    held: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Window<R> {
    fn new(source: R) -> Self {
        Self { source, held: Vec::new(), at: 0, ended: false }
    }

    /// `None` at the end.
    fn ahead(&mut self) -> io::Result<Option<&[u8]>> {
        if self.held.len() - self.at < AHEAD && !self.ended {
            self.held.drain(..self.at);
            self.at = 0;
            let wanted = (4 * AHEAD - self.held.len()) as u64;
            self.ended = (self.source.by_ref().take(wanted).read_to_end(&mut self.held)? as u64) < wanted;
        }
        Ok(Some(&self.held[self.at..]).filter(|ahead| !ahead.is_empty()))
    }

    fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }
}
