//! Time, processor time and memory between two moments, of this process, the broker and the database.

use std::fs;
use std::sync::OnceLock;
use std::time::Instant;

use crate::spec::{Cpu, Measured};

/// Ticks a second in `/proc`, the same on every Linux.
const TICKS: f64 = 100.0;

/// A measurement that begins with the first event in hand.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    begun: OnceLock<Moment>,
}

#[derive(Debug)]
struct Moment {
    at: Instant,
    cpu: Cpu,
}

impl Moment {
    fn now() -> Self {
        let mut cpu = Cpu::default();
        for process in processes() {
            *cpu.of(&process.name) += process.cpu;
        }
        Self { at: Instant::now(), cpu }
    }
}

impl Meter {
    /// Begins; only the first call counts.
    pub(crate) fn begin(&self) {
        self.begun.get_or_init(Moment::now);
    }

    /// What it took for this many events.
    pub(crate) fn end(&self, events: u64) -> Measured {
        let end = Moment::now();
        let begun = self.begun.get_or_init(Moment::now);
        let servers = processes().into_iter().filter(|process| process.id != std::process::id());
        Measured {
            events,
            seconds: (end.at - begun.at).as_secs_f64(),
            cpu: end.cpu - begun.cpu,
            memory: memory(std::process::id(), "status", "VmHWM:"),
            servers_memory: servers.map(|process| memory(process.id, "smaps_rollup", "Pss:")).sum(),
            ..Measured::default()
        }
    }
}

struct Process {
    id: u32,
    name: String,
    parent: u32,
    /// Seconds, those of its ended children included.
    cpu: f64,
}

/// This process and its children, and the servers that the same parent started, with all of theirs.
fn processes() -> Vec<Process> {
    let all: Vec<Process> =
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| read(entry.file_name().to_str()?)).collect();
    let own = std::process::id();
    let parent = all.iter().find(|process| process.id == own).map_or(0, |process| process.parent);
    let mut counted = vec![own];
    let is_server = |process: &Process| process.parent == parent && matches!(process.name.as_str(), "nats-server" | "postgres");
    counted.extend(all.iter().filter(|process| is_server(process)).map(|process| process.id));
    // Children have later ids in nearly every case; a second look finds the rest.
    for _ in 0..4 {
        let more: Vec<u32> = all.iter().filter(|it| counted.contains(&it.parent) && !counted.contains(&it.id)).map(|it| it.id).collect();
        counted.extend(more);
    }
    all.into_iter().filter(|process| counted.contains(&process.id)).collect()
}

fn read(id: &str) -> Option<Process> {
    let id = id.parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    // Behind the name: state, parent, …; user, system, children's user, children's system are the 12th to 15th.
    let cpu = (11..15).map(ticks).sum::<f64>() / TICKS;
    Some(Process { id, name: name.to_owned(), parent: fields.get(1)?.parse().ok()?, cpu })
}

/// A figure of one of a process's files in bytes.
fn memory(id: u32, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}
