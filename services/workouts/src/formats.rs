//! Recordings as devices write them: FIT, TCX and GPX. Whatever a file holds, reading it ends in a recording or in a reason, in bounded memory.

mod fit;
mod gpx;
mod tcx;
mod xml;

#[cfg(test)]
mod tests;

use std::io::{self, BufReader, Cursor, Read};

use crate::domain::{Format, Reason, Recording, Refused};

/// Samples of one recording: three days, one each second.
pub const SAMPLES: usize = 250_000;
/// Bytes that tell a format.
const HEAD: u64 = 4 << 10;
/// Bytes read at a time.
const BUFFER: usize = 64 << 10;

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is the file's fault, and stays so.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It cannot be had at the moment.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a recording to its end. The bytes say which format it is; where they don't, `claimed` is what it should have been.
pub fn read(mut source: impl Read, claimed: Option<Format>) -> Result<(Format, Recording), ReadError> {
    let mut head = Vec::new();
    source.by_ref().take(HEAD).read_to_end(&mut head)?;
    let Some(format) = told_by(&head) else {
        return Err(match claimed {
            Some(format) => Reason::Damaged.because(format!("it does not begin as a {format:?} file does")),
            None => Reason::UnknownFormat.because("neither FIT nor TCX nor GPX"),
        }
        .into());
    };
    let source = BufReader::with_capacity(BUFFER, Cursor::new(head).chain(source));
    let recording = match format {
        Format::Fit => fit::read(source)?,
        Format::Tcx => tcx::read(source)?,
        Format::Gpx => gpx::read(source)?,
    };
    Ok((format, recording))
}

/// What a file's name says.
pub fn named(file_name: &str) -> Option<Format> {
    let (_, extension) = file_name.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "fit" => Some(Format::Fit),
        "tcx" => Some(Format::Tcx),
        "gpx" => Some(Format::Gpx),
        _ => None,
    }
}

fn told_by(head: &[u8]) -> Option<Format> {
    if head.get(8..12) == Some(b".FIT") {
        return Some(Format::Fit);
    }
    let text = String::from_utf8_lossy(head);
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        return None;
    }
    let root = |name: &str| text.contains(&format!("<{name}")) || text.contains(&format!(":{name}"));
    if root("TrainingCenterDatabase") {
        Some(Format::Tcx)
    } else if root("gpx") {
        Some(Format::Gpx)
    } else {
        None
    }
}

/// What every format asks of its samples: there are some, not too many, and most have a time. Those count that say
/// anything at that time, in its order.
struct Samples {
    samples: Vec<crate::domain::Sample>,
    /// Points that no time was said of.
    timeless: usize,
}

impl Samples {
    fn new() -> Self {
        Self { samples: Vec::new(), timeless: 0 }
    }

    fn push(&mut self, sample: crate::domain::Sample, timed: bool) -> Result<(), Refused> {
        if !timed {
            self.timeless += 1;
            return Ok(());
        }
        if sample == (crate::domain::Sample { at_us: sample.at_us, ..Default::default() }) {
            return Ok(());
        }
        if self.samples.len() == SAMPLES {
            return Err(Reason::TooLarge.because(format!("more than {SAMPLES} samples")));
        }
        self.samples.push(sample);
        Ok(())
    }

    fn finish(mut self, what: &str) -> Result<Vec<crate::domain::Sample>, Refused> {
        let (timed, timeless) = (self.samples.len(), self.timeless);
        if timed + timeless == 0 {
            return Err(Reason::NotAWorkout.because(format!("no {what} in it")));
        }
        if timeless > timed {
            return Err(Reason::NoTimes.because(format!("{timeless} of {} points have no time", timed + timeless)));
        }
        self.samples.sort_by_key(|sample| sample.at_us);
        Ok(self.samples)
    }
}
