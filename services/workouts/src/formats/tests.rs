//! Every file of `tests/fixtures/workouts`, and files that were made to do harm.

use std::io::Cursor;

use super::*;
use crate::domain::Refused;

fn fixture(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/workouts/");
    std::fs::read(format!("{path}{name}")).expect("a fixture")
}

fn read_bytes(bytes: &[u8], claimed: Option<Format>) -> Result<Recording, Refused> {
    match read(Cursor::new(bytes), claimed) {
        Ok((_, recording)) => Ok(recording),
        Err(ReadError::Refused(refused)) => Err(refused),
        Err(ReadError::Io(error)) => panic!("{error}"),
    }
}

fn read_file(name: &str) -> Result<Recording, Refused> {
    read_bytes(&fixture(name), named(name))
}

/// Seconds since 1970 UTC of `Sun Sep 25 06:00:22 PDT 2011`, or of seconds since the FIT epoch.
fn csv_time(text: &str) -> i64 {
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds + 631_065_600;
    }
    let parts: Vec<&str> = text.split(' ').collect();
    let [_, month, day, clock, "PDT", year] = parts[..] else { panic!("{text}") };
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].iter().position(|it| *it == month);
    let time: prost_types::Timestamp = format!("{year}-{:02}-{day}T{clock}-07:00", month.expect("a month") + 1).parse().expect("a time");
    time.seconds
}

fn close(ours: Option<f64>, theirs: &str) -> bool {
    match (ours, theirs.parse::<f64>()) {
        (Some(ours), Ok(theirs)) => (ours - theirs).abs() < 1e-6,
        (None, Err(_)) => true,
        _ => false,
    }
}

/// The program that wrote three of the tables repeats its last value where the device says that it had none; what we keep is what the device says.
fn repeat(last: &mut crate::domain::Sample, mut sample: crate::domain::Sample) -> (crate::domain::Sample, usize) {
    let mut repeated = 0;
    let fields =
        [(&mut sample.cadence_rpm, last.cadence_rpm), (&mut sample.latitude, last.latitude), (&mut sample.longitude, last.longitude)];
    for (field, last) in fields {
        if field.is_none() {
            *field = last;
            repeated += 1;
        }
    }
    *last = sample;
    (sample, repeated)
}

#[test]
fn samples_are_those_that_the_device_wrote() {
    let columns = |row: &csv::StringRecord, sample: &crate::domain::Sample| {
        let semicircles = |degrees: Option<f64>| degrees.map(|degrees| (degrees / 180.0 * 2_147_483_648.0).round());
        close(sample.heart_rate_bpm, &row[1])
            && close(sample.cadence_rpm, &row[2])
            && close(sample.speed_mps, &row[3])
            && close(sample.distance_m, &row[4])
            && close(semicircles(sample.latitude), &row[5])
            && close(semicircles(sample.longitude), &row[6])
            && close(sample.altitude_m, &row[7])
            && close(sample.temperature_c, &row[8])
    };
    let compressed = |row: &csv::StringRecord, sample: &crate::domain::Sample| {
        close(sample.heart_rate_bpm, &row[1])
            && close(sample.speed_mps, &row[2])
            && close(sample.distance_m, &row[3])
            && close(sample.cadence_rpm, &row[4])
    };
    for (name, absent) in [
        ("garmin-edge-500-activity", 121 + 9 + 9),
        ("garmin-fenix-5-run", 0),
        ("garmin-edge-820-bike", 0),
        ("compressed-speed-distance", 0),
    ] {
        let recording = read_file(&format!("{name}.fit")).unwrap();
        let csv = fixture(&format!("{name}-records.csv"));
        let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).has_headers(false).from_reader(csv.as_slice());
        let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).skip(1).collect();
        assert_eq!(recording.samples.len(), rows.len(), "{name}");
        let (mut last, mut repeated) = (crate::domain::Sample::default(), 0);
        for (at, (row, sample)) in rows.iter().zip(&recording.samples).enumerate() {
            assert_eq!(sample.at_us, csv_time(&row[0]) * 1_000_000, "{name} {at}");
            let same = if row.len() == 5 {
                compressed(row, sample)
            } else {
                let (sample, more) = repeat(&mut last, *sample);
                repeated += more;
                columns(row, &sample)
            };
            assert!(same, "{name} {at}: {row:?} and {sample:?}");
        }
        assert_eq!(repeated, absent, "{name}");
    }
}

#[test]
fn every_file_is_read_or_refused_with_the_right_reason() {
    for (name, outcome) in [
        ("Activity.fit", Ok(14)),
        ("MonitoringFile.fit", Err(Reason::NotAWorkout)),
        ("activity-filecrc.fit", Err(Reason::Damaged)),
        ("activity-settings-corruptheader.fit", Err(Reason::Damaged)),
        ("activity-small-fenix2-run.fit", Ok(2_809)),
        ("activity-unexpected-eof.fit", Err(Reason::Damaged)),
        ("cerknicko-jezero.gpx", Ok(296)),
        ("cerknicko-without-times.gpx", Err(Reason::NoTimes)),
        ("compressed-speed-distance.fit", Ok(754)),
        ("garmin-edge-500-activity.fit", Ok(10_686)),
        ("garmin-edge-820-bike.fit", Ok(15)),
        ("garmin-fenix-5-run.fit", Ok(21)),
        ("null_compressed_speed_dist.fit", Ok(1_808)),
        ("run-with-heart-rate.tcx", Ok(383)),
        ("sample-activity.fit", Ok(3_098)),
        ("garmin-fenix-5-run-records.csv", Err(Reason::UnknownFormat)),
    ] {
        let read = read_file(name).map(|recording| recording.samples.len()).map_err(|refused| refused.reason);
        assert_eq!(read, outcome, "{name}");
    }
}

/// A GPX track with a point a second.
fn track(points: usize) -> Vec<u8> {
    let mut text = String::from("<gpx><trk><trkseg>");
    for at in 0..points {
        let time = prost_types::Timestamp { seconds: 1_700_000_000 + at as i64, nanos: 0 };
        text.push_str(&format!(r#"<trkpt lat="45.5" lon="14.{at:06}"><time>{time}</time></trkpt>"#));
    }
    text.push_str("</trkseg></trk></gpx>");
    text.into_bytes()
}

#[test]
fn a_recording_of_more_samples_than_are_taken_is_too_large() {
    assert_eq!(read_bytes(&track(SAMPLES), None).unwrap().samples.len(), SAMPLES);
    assert_eq!(read_bytes(&track(SAMPLES + 1), None).unwrap_err().reason, Reason::TooLarge);
}

#[test]
fn a_file_cut_off_anywhere_is_damaged() {
    for name in ["garmin-fenix-5-run.fit", "Activity.fit", "run-with-heart-rate.tcx", "cerknicko-jezero.gpx"] {
        let whole = fixture(name);
        // The last byte of an XML file is a line's end.
        for cut in (12..whole.len() - 2).step_by(whole.len() / 500 + 1) {
            let refused = read_bytes(&whole[..cut], named(name)).expect_err(name);
            assert_eq!(refused.reason, Reason::Damaged, "{name} cut at {cut}: {refused}");
        }
    }
}

/// The checksum finds them; here nobody looks at it before the parser has seen them.
#[test]
fn a_flipped_bit_harms_nobody() {
    let whole = fixture("garmin-fenix-5-run.fit");
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        let refused = read_bytes(&flipped, Some(Format::Fit)).expect_err("another file");
        assert!([Reason::Damaged, Reason::NotAWorkout].contains(&refused.reason), "byte {at}: {refused}");
    }
}

#[test]
fn xml_that_is_no_workout_is_told_apart() {
    let deep = ["<gpx>", &"<a>".repeat(100)].concat();
    let bomb = r#"<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><gpx><trk><name>&b;</name></trk></gpx>"#;
    for (text, reason) in [
        ("", Reason::UnknownFormat),
        ("<html></html>", Reason::UnknownFormat),
        ("timestamp,heart_rate", Reason::UnknownFormat),
        ("<gpx><wpt lat=\"1\" lon=\"2\"><time>2020-01-01T00:00:00Z</time></wpt></gpx>", Reason::NotAWorkout),
        (
            "<TrainingCenterDatabase><Courses><Course><Track><Trackpoint><Time>2020-01-01T00:00:00Z</Time></Trackpoint></Track></Course></Courses></TrainingCenterDatabase>",
            Reason::NotAWorkout,
        ),
        ("<gpx><trk></gpx>", Reason::Damaged),
        (&deep, Reason::Damaged),
        (bomb, Reason::NotAWorkout),
    ] {
        assert_eq!(read_bytes(text.as_bytes(), None).unwrap_err().reason, reason, "{text}");
    }
    assert_eq!(read_bytes(b"not a FIT file", Some(Format::Fit)).unwrap_err().reason, Reason::Damaged);
}

#[test]
fn a_gpx_track_may_bring_what_a_watch_measured() {
    let text = r#"<gpx xmlns:gpxtpx="x"><trk><type>Running</type><trkseg>
        <trkpt lat="45.5" lon="14.25"><ele>500.5</ele><time>2020-01-01T00:00:02+01:00</time><extensions><gpxtpx:TrackPointExtension>
            <gpxtpx:hr>150</gpxtpx:hr><gpxtpx:cad>80</gpxtpx:cad><gpxtpx:atemp>21.5</gpxtpx:atemp></gpxtpx:TrackPointExtension></extensions></trkpt>
        <trkpt lat="45.5" lon="14.26"><time>2020-01-01T00:00:01+01:00</time></trkpt>
        </trkseg></trk></gpx>"#;
    let recording = read_bytes(text.as_bytes(), None).unwrap();
    let [first, second] = recording.samples[..] else { panic!("two samples: {recording:?}") };
    assert_eq!((recording.kind.as_deref(), second.at_us - first.at_us), (Some("running"), 1_000_000));
    let wanted = (Some(150.0), Some(80.0), Some(21.5), Some(500.5), Some(14.25));
    assert_eq!((second.heart_rate_bpm, second.cadence_rpm, second.temperature_c, second.altitude_m, second.longitude), wanted);
    assert_eq!((first.heart_rate_bpm, first.altitude_m), (None, None));
}

#[test]
fn a_tcx_file_brings_laps_and_calories() {
    let recording = read_file("run-with-heart-rate.tcx").unwrap();
    assert_eq!((recording.kind.as_deref(), recording.laps.len()), (Some("running"), 3));
    let lap = &recording.laps[0];
    assert_eq!((lap.elapsed_s, lap.calories_kcal, lap.average_heart_rate_bpm), (Some(608.47), Some(94.0), Some(139.0)));
    assert!((lap.distance_m.unwrap() - 1_609.344).abs() < 1e-3);
    assert_eq!(recording.samples[0].heart_rate_bpm, Some(62.0));
    assert_eq!(recording.samples.len(), 383, "the last of 384 points has a time and says nothing");
}
