//! What came out: a table on the terminal, `bench.json`, `bench.md` and `bench.svg`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::chart;
use crate::figures::{median, percentile, spread, thousands};
use crate::plan::{Compare, Size, Target, targets};
use crate::run::Results;
use crate::spec::Measured;

/// One rung over all rounds.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) rate: f64,
    pub(crate) slowest: f64,
    pub(crate) fastest: f64,
    pub(crate) cpu: f64,
    /// Of the loop, the broker and the database.
    pub(crate) parts: [f64; 3],
    pub(crate) memory: f64,
    pub(crate) servers: f64,
    pub(crate) commits: Option<f64>,
    /// p50, p99 and the largest, in milliseconds.
    pub(crate) latencies: Option<[f64; 3]>,
}

impl Line {
    fn of(name: &str, rounds: &[Measured]) -> Self {
        let of = |get: fn(&Measured) -> f64| rounds.iter().map(get).collect::<Vec<_>>();
        let (slowest, fastest) = spread(&of(Measured::rate));
        let commits: Vec<f64> = rounds.iter().filter_map(|it| Some(it.commits? as f64 / it.events as f64)).collect();
        let at = |percent| median(&rounds.iter().map(|it| percentile(&it.latencies, percent)).collect::<Vec<_>>());
        Self {
            name: name.to_owned(),
            rate: median(&of(Measured::rate)),
            slowest,
            fastest,
            cpu: median(&of(Measured::cpu_per_100k)),
            parts: [
                median(&of(|it| it.cpu.own * it.per_100k())),
                median(&of(|it| it.cpu.broker * it.per_100k())),
                median(&of(|it| it.cpu.database * it.per_100k())),
            ],
            memory: median(&of(|it| it.memory as f64)),
            servers: median(&of(|it| it.servers_memory as f64)),
            commits: (!commits.is_empty()).then(|| median(&commits)),
            latencies: rounds.iter().all(|it| !it.latencies.is_empty()).then(|| [at(50.0), at(99.0), at(100.0)]),
        }
    }
}

/// A target and what was measured.
pub(crate) struct Verdict {
    pub(crate) what: String,
    pub(crate) wanted: f64,
    pub(crate) measured: f64,
    pub(crate) by_hand: Option<f64>,
    pub(crate) met: bool,
}

/// `None` = it was not measured in this run.
fn verdict(target: &Target, results: &Results) -> Option<Verdict> {
    let measured = measured(&target.measure, results)?;
    let by_hand = target.by_hand.as_ref().and_then(|by_hand| self::measured(by_hand, results));
    let met = match target.measure {
        Compare::Ratio(..) | Compare::Rate(_) => measured >= target.wanted,
        Compare::Cpu(_) | Compare::Latency(..) => measured <= target.wanted,
    };
    Some(Verdict { what: target.what.clone(), wanted: target.wanted, measured, by_hand, met })
}

fn measured(compare: &Compare, results: &Results) -> Option<f64> {
    let rounds = |name: &String| results.get(name).filter(|rounds| !rounds.is_empty());
    Some(match compare {
        // Round by round, so that what slows the machine down for a while slows both.
        Compare::Ratio(one, others) => {
            let others = others.iter().map(rounds).collect::<Option<Vec<_>>>()?;
            let ratios = rounds(one)?.iter().enumerate().filter_map(|(round, it)| {
                let slowest = others.iter().filter_map(|other| Some(other.get(round)?.rate())).fold(f64::INFINITY, f64::min);
                slowest.is_finite().then(|| it.rate() / slowest)
            });
            median(&ratios.collect::<Vec<_>>())
        }
        Compare::Cpu(name) => Line::of(name, rounds(name)?).cpu,
        Compare::Rate(name) => Line::of(name, rounds(name)?).rate,
        Compare::Latency(name, percent) => median(&rounds(name)?.iter().map(|it| percentile(&it.latencies, *percent)).collect::<Vec<_>>()),
    })
}

pub(crate) fn write(out: &Path, size: Size, order: &[String], results: &Results, failed: &[String], took: Duration) -> Result<()> {
    let lines: Vec<Line> = order.iter().filter_map(|name| Some(Line::of(name, results.get(name)?))).collect();
    let verdicts: Vec<Verdict> = targets(size).iter().filter_map(|target| verdict(target, results)).collect();
    let machine = machine();
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let mut page = page(&lines, &verdicts, &machine, size, took);
    for name in failed {
        let _ = writeln!(page, "\n**Failed, and so without a figure:** {name}");
    }
    fs::write(out.join("bench.md"), &page)?;
    fs::write(out.join("bench.json"), serde_json::to_string_pretty(&json(&lines, &verdicts, &machine, size, results, failed))?)?;
    fs::write(out.join("bench.svg"), chart::draw(&lines))?;
    println!("{page}");
    println!("written: {0}/bench.json, {0}/bench.md, {0}/bench.svg", out.display());
    Ok(())
}

fn page(lines: &[Line], verdicts: &[Verdict], machine: &[(&str, String)], size: Size, took: Duration) -> String {
    let mut page = String::new();
    for (name, value) in machine {
        let _ = writeln!(page, "- {name}: {value}");
    }
    let _ = writeln!(
        page,
        "- {} rounds, {:.0} min in all; medians, and the slowest and the fastest round",
        size.rounds,
        took.as_secs_f64() / 60.0
    );
    page.push_str("\n| loop | events/s | slowest – fastest | CPU s per 100,000, all processes | loop + broker + database | commits per event | MB, loop | MB, servers |\n|---|---|---|---|---|---|---|---|\n");
    for line in lines {
        let commits = line.commits.map(|commits| format!("{commits:.4}")).unwrap_or_default();
        let (slowest, fastest) = (thousands(line.slowest), thousands(line.fastest));
        let [own, broker, database] = line.parts;
        let (memory, servers) = (line.memory / 1e6, line.servers / 1e6);
        let _ = writeln!(
            page,
            "| {} | {} | {slowest} – {fastest} | {:.1} | {own:.1} + {broker:.1} + {database:.1} | {commits} | {memory:.0} | {servers:.0} |",
            line.name,
            thousands(line.rate),
            line.cpu
        );
    }
    page.push_str("\n| latency, ms | p50 | p99 | largest |\n|---|---|---|---|\n");
    for line in lines {
        if let Some([half, most, all]) = line.latencies {
            let _ = writeln!(page, "| {} | {half:.1} | {most:.1} | {all:.1} |", line.name);
        }
    }
    page.push_str("\n| it must show | target | measured | | by hand |\n|---|---|---|---|---|\n");
    for Verdict { what, wanted, measured, by_hand, met } in verdicts {
        let by_hand = by_hand.map(|by_hand| format!("{by_hand:.2}")).unwrap_or_default();
        let _ = writeln!(page, "| {what} | {wanted} | {measured:.2} | {} | {by_hand} |", if *met { "met" } else { "**not met**" });
    }
    page
}

fn json(lines: &[Line], verdicts: &[Verdict], machine: &[(&str, String)], size: Size, results: &Results, failed: &[String]) -> Value {
    let machine: serde_json::Map<String, Value> = machine.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let loops: Vec<Value> = lines
        .iter()
        .map(|line| {
            let rounds: Vec<Value> = results[&line.name]
                .iter()
                .map(|it| json!({"events": it.events, "seconds": it.seconds, "cpu_seconds": it.cpu}))
                .collect();
            json!({
                "name": line.name, "events_per_second": line.rate, "slowest": line.slowest, "fastest": line.fastest,
                "cpu_seconds_per_100000": line.cpu, "cpu_seconds_loop_broker_database": line.parts, "commits_per_event": line.commits, "memory_bytes": line.memory,
                "servers_memory_bytes": line.servers, "latency_ms_p50_p99_max": line.latencies, "rounds": rounds,
            })
        })
        .collect();
    let targets: Vec<Value> = verdicts
        .iter()
        .map(|it| json!({"what": it.what, "target": it.wanted, "measured": it.measured, "by_hand": it.by_hand, "met": it.met}))
        .collect();
    json!({"machine": machine, "rounds": size.rounds, "loops": loops, "targets": targets, "failed": failed})
}

/// Where and when it was measured.
fn machine() -> Vec<(&'static str, String)> {
    let read = |path: &str, name: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .find_map(|line| Some(line.strip_prefix(name)?.trim_start_matches([':', ' ', '\t']).trim().to_owned()))
            .unwrap_or_default()
    };
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let nats = provision::nats_server::provision().map(|binary| said(&binary.to_string_lossy(), &["--version"])).unwrap_or_default();
    let postgres = provision::postgres::find_binaries().map(|folder| said(&folder.join("postgres").to_string_lossy(), &["--version"]));
    vec![
        ("date", said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
        ("commit", said("git", &["-c", "safe.directory=*", "describe", "--always", "--dirty"])),
        ("machine", format!("{cores} cores, {}, {}", read("/proc/cpuinfo", "model name"), read("/proc/meminfo", "MemTotal"))),
        ("kernel", said("uname", &["-sr"])),
        ("broker", nats),
        ("database", postgres.unwrap_or_default()),
        ("load at the end", fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').take(3).collect::<Vec<_>>().join(" ")),
    ]
}
