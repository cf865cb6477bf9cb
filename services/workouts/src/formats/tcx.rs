//! TCX, Garmin's Training Center Database, with the activity extension of speed, cadence and power.

use std::io::BufRead;

use super::xml::{self, Attributes, Visitor, number, time};
use super::{ReadError, Samples};
use crate::domain::{Lap, Recording, Refused, Sample};

/// Laps of one file.
const LAPS: usize = 10_000;

/// Reads all that is in it; courses are no workouts.
pub(super) fn read(source: impl BufRead) -> Result<Recording, ReadError> {
    let mut activities = Activities::default();
    xml::walk(source, &mut activities)?;
    let Activities { kind, laps, samples, .. } = activities;
    let calories_kcal = laps.iter().filter_map(|lap| lap.calories_kcal).reduce(|sum, more| sum + more);
    Ok(Recording { kind, samples: samples.finish("trackpoint")?, laps, calories_kcal })
}

struct Activities {
    kind: Option<String>,
    laps: Vec<Lap>,
    samples: Samples,
    sample: Sample,
    timed: bool,
}

impl Default for Activities {
    fn default() -> Self {
        Self { kind: None, laps: Vec::new(), samples: Samples::new(), sample: Sample::default(), timed: false }
    }
}

impl Visitor for Activities {
    fn begin(&mut self, path: &[String], attributes: &Attributes<'_>) -> Result<(), Refused> {
        match path.last().map(String::as_str) {
            Some("Activity") => {
                let sport = attributes.text("Sport").map(|sport| sport.to_lowercase());
                let known =
                    sport.filter(|sport| sport != "other").map(|sport| if sport == "biking" { "cycling".to_owned() } else { sport });
                self.kind = self.kind.take().or(known);
            }
            Some("Lap") if in_activity(path) && self.laps.len() < LAPS => {
                self.laps.push(Lap { started_at_us: attributes.text("StartTime").and_then(|text| time(&text)), ..Lap::default() });
            }
            Some("Trackpoint") => (self.sample, self.timed) = (Sample::default(), false),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, path: &[String], text: &str) -> Result<(), Refused> {
        if !in_activity(path) {
            return Ok(());
        }
        let mut inner = path.iter().rev().map(String::as_str);
        let (Some(name), parent) = (inner.next(), inner.next().unwrap_or_default()) else { return Ok(()) };
        let (sample, lap) = (&mut self.sample, self.laps.last_mut());
        match (parent, name) {
            ("Trackpoint", "Time") => {
                if let Some(at_us) = time(text) {
                    (sample.at_us, self.timed) = (at_us, true);
                }
            }
            ("Position", "LatitudeDegrees") => sample.latitude = number(text),
            ("Position", "LongitudeDegrees") => sample.longitude = number(text),
            ("Trackpoint", "AltitudeMeters") => sample.altitude_m = number(text),
            ("Trackpoint", "DistanceMeters") => sample.distance_m = number(text),
            ("HeartRateBpm", "Value") => sample.heart_rate_bpm = number(text),
            ("Trackpoint", "Cadence") | ("TPX", "RunCadence") => sample.cadence_rpm = number(text),
            ("TPX", "Speed") => sample.speed_mps = number(text),
            ("TPX", "Watts") => sample.power_w = number(text),
            (_, "Trackpoint") => return self.samples.push(*sample, self.timed),
            ("Lap", _) | ("AverageHeartRateBpm", "Value") => {
                let Some(lap) = lap else { return Ok(()) };
                match name {
                    "TotalTimeSeconds" => lap.elapsed_s = number(text),
                    "DistanceMeters" => lap.distance_m = number(text),
                    "Calories" => lap.calories_kcal = number(text),
                    "Value" => lap.average_heart_rate_bpm = number(text),
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn in_activity(path: &[String]) -> bool {
    path.iter().any(|name| name == "Activity")
}
