//! GPX, the GPS Exchange Format, 1.0 and 1.1, with Garmin's track point extension. (The crate gpx leaves extensions out, and heart rates are there.)

use std::io::BufRead;

use super::xml::{self, Attributes, Visitor, number, time};
use super::{ReadError, Samples};
use crate::domain::{Recording, Refused, Sample};

/// Reads all tracks; waypoints and routes are no workouts.
pub(super) fn read(source: impl BufRead) -> Result<Recording, ReadError> {
    let mut tracks = Tracks { kind: None, samples: Samples::new(), sample: Sample::default(), timed: false };
    xml::walk(source, &mut tracks)?;
    Ok(Recording { kind: tracks.kind, samples: tracks.samples.finish("track point")?, ..Recording::default() })
}

struct Tracks {
    kind: Option<String>,
    samples: Samples,
    sample: Sample,
    timed: bool,
}

impl Visitor for Tracks {
    fn begin(&mut self, path: &[String], attributes: &Attributes<'_>) -> Result<(), Refused> {
        if path.last().is_some_and(|name| name == "trkpt") {
            let (latitude, longitude) = attributes.number("lat").zip(attributes.number("lon")).unzip();
            (self.sample, self.timed) = (Sample { latitude, longitude, ..Sample::default() }, false);
        }
        Ok(())
    }

    fn end(&mut self, path: &[String], text: &str) -> Result<(), Refused> {
        let Some((name, outer)) = path.split_last() else { return Ok(()) };
        if name == "trkpt" {
            return self.samples.push(self.sample, self.timed);
        }
        if !outer.iter().any(|name| name == "trkpt") {
            if name == "type" && outer.last().is_some_and(|name| name == "trk") && !text.is_empty() {
                self.kind = self.kind.take().or_else(|| Some(text.chars().take(64).collect::<String>().to_lowercase()));
            }
            return Ok(());
        }
        let sample = &mut self.sample;
        match name.as_str() {
            "time" => {
                if let Some(at_us) = time(text) {
                    (sample.at_us, self.timed) = (at_us, true);
                }
            }
            "ele" => sample.altitude_m = number(text),
            "hr" => sample.heart_rate_bpm = number(text),
            "cad" => sample.cadence_rpm = number(text),
            "atemp" => sample.temperature_c = number(text),
            "speed" => sample.speed_mps = number(text),
            "power" | "PowerInWatts" => sample.power_w = number(text),
            _ => {}
        }
        Ok(())
    }
}
