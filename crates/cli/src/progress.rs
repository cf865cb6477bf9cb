//! How far it is: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(2);

/// One piece of work of known size, on stderr: stdout is for what comes out of it.
pub struct Progress {
    what: &'static str,
    total: u64,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines(Mutex<Instant>),
}

impl Progress {
    /// Begins: `what` is done (`placed`).
    pub fn start(what: &'static str, total: usize) -> Self {
        let total = total as u64;
        let shown = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
            let style = ProgressStyle::with_template("{prefix:>9} {wide_bar} {pos}/{len} {per_sec} {eta}");
            Shown::Bar(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_prefix(what))
        } else {
            Shown::Lines(Mutex::new(Instant::now()))
        };
        Self { what, total, shown }
    }

    /// So many are done.
    pub fn at(&self, done: usize) {
        match &self.shown {
            Shown::Bar(bar) => bar.set_position(done as u64),
            Shown::Lines(last) => {
                let Ok(mut last) = last.try_lock() else { return };
                if last.elapsed() >= EVERY {
                    *last = Instant::now();
                    eprintln!("{} {done} of {}", self.what, self.total);
                }
            }
        }
    }

    /// Ends, and says how far it came.
    pub fn end(&self, done: usize) {
        match &self.shown {
            Shown::Bar(bar) => {
                bar.set_position(done as u64);
                bar.abandon();
            }
            Shown::Lines(_) => eprintln!("{} {done} of {}", self.what, self.total),
        }
    }
}
