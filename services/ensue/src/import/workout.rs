//! `ensue import workout`: recordings, each sent once, and what became of each.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use contracts::workouts::v1::upload_workout_data_request::Part;
use contracts::workouts::v1::{GetWorkoutRequest, UploadHeader, UploadWorkoutDataRequest, Workout};
use ensue_cli::{Server, Verdict, ask, say, text, text::refusal};
use futures::stream;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::clients::Clients as _;

/// What is taken from a folder.
const EXTENSIONS: [&str; 3] = ["fit", "tcx", "gpx"];
/// Bytes of one message.
const CHUNK: usize = 256 << 10;
/// How long a recording that is kept may take to be read.
const READ: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub struct Arguments {
    /// Files, or folders with such files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Whose workouts they are
    #[arg(long)]
    user: String,
    /// Where they were done, e.g. Asia/Shanghai
    #[arg(long, default_value = "", value_name = "ZONE", hide_default_value = true)]
    time_zone: String,
}

/// What became of a file.
enum Outcome {
    Processed(Box<Workout>),
    Refused(String),
}

/// Sends one after the other. A file that is refused is an answer; only one that could not be sent makes it bad.
pub async fn run(server: &Server, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        collect(path, &mut files).with_context(|| path.display().to_string())?;
    }
    let (mut processed, mut refused, mut failed) = (0, 0, 0);
    for file in &files {
        let name = file.display();
        match send(server, arguments, file).await {
            Ok(Outcome::Processed(workout)) => {
                processed += 1;
                say!("processed  {name}: {}", amounts(&workout));
            }
            Ok(Outcome::Refused(why)) => {
                refused += 1;
                say!("refused    {name}: {why}");
            }
            Err(error) => {
                failed += 1;
                say!("failed     {name}: {}", text::sentence(&error));
            }
        }
    }
    say!("{}: {processed} processed, {refused} refused, {failed} failed", text::count(files.len(), "file"));
    Ok(if failed == 0 { Verdict::Good } else { Verdict::Bad })
}

/// A file as it is named; of a folder those that look like recordings, by name, also those in its folders.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    for entry in entries {
        let extension = entry.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
        if entry.is_dir() || EXTENSIONS.contains(&extension.as_str()) {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

async fn send(server: &Server, arguments: &Arguments, file: &Path) -> anyhow::Result<Outcome> {
    let header = UploadHeader {
        user_id: arguments.user.clone(),
        file_name: file.file_name().map(|name| name.to_string_lossy().chars().take(255).collect()).unwrap_or_default(),
        time_zone: arguments.time_zone.clone(),
        ..UploadHeader::default()
    };
    let bytes = std::fs::read(file)?;
    let chunks = bytes.chunks(CHUNK).map(|chunk| Part::Chunk(chunk.to_vec().into()));
    let parts: Vec<_> =
        std::iter::once(Part::Header(header)).chain(chunks).map(|part| UploadWorkoutDataRequest { part: Some(part) }).collect();
    match ask!(server, workouts.upload_workout_data(stream::iter(parts))).await {
        Ok(kept) => read(server, arguments, &kept.workout_id).await,
        Err(status) => match reason(&status) {
            Some(why) => Ok(Outcome::Refused(why)),
            None => Err(status.into()),
        },
    }
}

/// Waits until the recording was read.
async fn read(server: &Server, arguments: &Arguments, workout_id: &str) -> anyhow::Result<Outcome> {
    let request = GetWorkoutRequest { workout_id: workout_id.to_owned(), user_id: arguments.user.clone(), max_samples: Some(0) };
    let (started, mut wait) = (Instant::now(), Duration::from_millis(5));
    while started.elapsed() < READ {
        let workout = ask!(server, workouts.get_workout(request.clone())).await?.workout.unwrap_or_default();
        if workout.metrics.as_ref().is_some_and(|metrics| metrics.samples > 0) {
            return Ok(Outcome::Processed(Box::new(workout)));
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_millis(200));
    }
    bail!("workout {workout_id} is kept, but was not read within {} s", READ.as_secs())
}

/// Why a file is refused, if it is the file's fault; what the whole import did wrong is not.
fn reason(status: &Status) -> Option<String> {
    let details = status.get_error_details();
    let info = details.error_info()?;
    match (status.code(), info.reason.as_str()) {
        (Code::FailedPrecondition, "DATA_REFUSED" | "WORKOUT_DELETED") => Some(status.message().to_owned()),
        (Code::InvalidArgument, _) if status.message().starts_with("chunk") => Some(refusal(status)),
        _ => None,
    }
}

/// `cycling, 92.62 km, 3:31:31, workout 0190…`
fn amounts(workout: &Workout) -> String {
    let metrics = workout.metrics.clone().unwrap_or_default();
    let kind = Some(workout.r#type.clone()).filter(|kind| !kind.is_empty());
    let distance = metrics.distance_m.map(|metres| format!("{:.2} km", metres / 1_000.0));
    let lasted = metrics.elapsed_s.map(|seconds| {
        let seconds = seconds.round() as u64;
        format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    });
    let parts = [kind, distance, lasted, Some(format!("workout {}", workout.workout_id))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
