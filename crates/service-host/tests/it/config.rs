//! The configuration: which source wins, what is reported, what is shown.

use std::path::PathBuf;

use service_host::config::{Backend, Config, Faults, Loaded, Mode, Sources, variable};
use tempfile::TempDir;

use crate::beacon::{Beacon, sections};

fn folder(toml: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("ensue.toml"), toml).expect("a file");
    folder
}

fn sources(folder: &TempDir, env: &[(&str, &str)], set: &[&str]) -> Sources {
    Sources {
        file: None,
        folder: Some(folder.path().to_owned()),
        env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        set: set.iter().map(|flag| (*flag).to_owned()).collect(),
    }
}

fn load(sources: &Sources) -> Result<Loaded, Faults> {
    Config::load(sources, &sections())
}

fn shown(loaded: &Loaded, key: &str) -> (String, String) {
    let setting = loaded.effective.iter().find(|setting| setting.key == key).unwrap_or_else(|| panic!("{key} is not shown"));
    (setting.value.clone(), setting.source.clone())
}

fn faults(outcome: Result<Loaded, Faults>) -> Vec<String> {
    outcome.expect_err("faults").0.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_given_is_the_defaults() {
    let loaded = load(&Sources::default()).expect("the defaults are valid");
    let mut defaults = Config::default();
    defaults.put(Beacon::default());
    assert_eq!(loaded.config, defaults);
    assert!(loaded.effective.iter().all(|setting| setting.source == "default"));
    assert_eq!(shown(&loaded, "grpc.port").0, "50051");
}

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
    let folder = folder("data_dir = 'from-file'\n[grpc]\nport = 1001\nconcurrency = 5\ntimeout_ms = 7\n[retry]\njitter = 1\n");
    let env = [("ENSUE__GRPC__PORT", "1002"), ("ENSUE__GRPC__CONCURRENCY", "6"), ("ENSUE__RETRY__BACKOFF_MS", "5, 10"), ("HOME", "/")];
    let loaded = load(&sources(&folder, &env, &["grpc.port=1003", "nats.all_events=true"])).expect("a configuration");
    let config = &loaded.config;
    assert_eq!((config.grpc.port, config.grpc.concurrency, config.grpc.timeout_ms), (1003, 6, 7));
    assert_eq!((config.data_dir.clone(), config.nats.all_events), (PathBuf::from("from-file"), true));
    assert_eq!((config.retry.backoff_ms.as_slice(), config.retry.jitter), (&[5, 10][..], 1.0));
    let source = |key| shown(&loaded, key).1;
    assert_eq!(source("grpc.port"), "--set");
    assert_eq!(source("grpc.concurrency"), "ENSUE__GRPC__CONCURRENCY");
    assert_eq!(source("grpc.timeout_ms"), "ensue.toml");
    assert_eq!(source("grpc.host"), "default");
}

#[test]
fn consumers_are_set_by_name() {
    let folder = folder("[consumers.orders-saga]\nattempts = 9\nmode = 'at-least-once'\n");
    let loaded = load(&sources(&folder, &[("ENSUE__CONSUMERS__LOW_STOCK__BATCH", "3")], &[])).expect("a configuration");
    let saga = loaded.config.consumer("orders-saga");
    assert_eq!((saga.attempts, saga.mode, saga.batch), (Some(9), Some(Mode::AtLeastOnce), None));
    assert_eq!(loaded.config.consumer("low-stock").batch, Some(3));
    assert_eq!(loaded.config.consumer("another"), Default::default());
    assert_eq!(shown(&loaded, "consumers.orders-saga.attempts"), ("9".to_owned(), "ensue.toml".to_owned()));
}

#[test]
fn the_well_known_variables_count_and_ours_come_before_them() {
    let none = folder("");
    let known = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://jaeger:4317"), ("RUST_LOG", "debug")];
    let loaded = load(&sources(&none, &known, &[])).expect("a configuration");
    assert_eq!(shown(&loaded, "telemetry.otlp_endpoint").1, "OTEL_EXPORTER_OTLP_ENDPOINT");
    let settings = loaded.config.telemetry.settings("ensue");
    assert_eq!((settings.otlp_endpoint.as_deref(), settings.filter.as_str()), (Some("http://jaeger:4317"), "debug"));
    let ours = [("ENSUE__TELEMETRY__OTLP_ENDPOINT", ""), known[0]];
    assert_eq!(load(&sources(&none, &ours, &[])).expect("a configuration").config.telemetry.settings("ensue").otlp_endpoint, None);
}

#[test]
fn every_fault_is_reported_at_once_with_its_source() {
    let folder = folder(
        "unheard_of = 1\n[grpc]\nprot = 1\nport = 'x'\n[store]\nbackend = 'oracle'\n[saga]\nstep_timeout_ms = 0\n[retry]\nbackoff_ms = ['x']\n",
    );
    let env = [
        ("ENSUE__NATS__REPLICAS", "2"),
        ("ENSUE__METRICS__PORT", "70000"),
        ("ENSUE__GRPC", "1"),
        ("ENSUE_GRPC_HOST", "::1"),
        ("ENSUE__CONSUMERS__A__ATEMPTS", "1"),
    ];
    let found = faults(load(&sources(&folder, &env, &["telemetry.sample_ratio=2", "nonsense", "store.backend=postgres"])));
    let wanted = [
        "unheard_of (ensue.toml): there is no such key",
        "grpc.prot (ensue.toml): there is no such key; did you mean grpc.port?",
        "grpc.port (ensue.toml): invalid type: string \"x\", expected u16",
        "store.backend (ensue.toml): unknown variant `oracle`, expected `sqlite` or `postgres`",
        "saga.step_timeout_ms (ensue.toml): must be between 1 ms and a day",
        "retry.backoff_ms (ensue.toml): invalid type: string \"x\", expected u64",
        "nats.replicas (ENSUE__NATS__REPLICAS): must be 1, 3 or 5",
        "metrics.port (ENSUE__METRICS__PORT): invalid value: integer `70000`, expected u16",
        "grpc (ENSUE__GRPC): is a section, not a value; it holds keys such as grpc.concurrency",
        "ENSUE_GRPC_HOST: sections are set off by two underscores: ENSUE__GRPC__HOST",
        "consumers.a.atempts (ENSUE__CONSUMERS__A__ATEMPTS): there is no such key; did you mean consumers.a.attempts?",
        "telemetry.sample_ratio (--set): must be between 0 and 1",
        "nonsense (--set): is not of the form section.key=value",
        "store.postgres_url (default): must start with postgres:// for store.backend = \"postgres\"",
    ];
    for fault in wanted {
        assert!(found.iter().any(|found| found == fault), "missing: {fault}\nin {found:#?}");
    }
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
}

#[test]
fn a_file_that_is_named_must_be_there_and_be_toml() {
    let broken = folder("[grpc\n");
    assert!(faults(load(&sources(&broken, &[], &[])))[0].starts_with("ensue.toml: is no TOML"));
    let absent = Sources { file: Some(broken.path().join("other.toml")), ..Sources::default() };
    assert!(faults(load(&absent))[0].contains("other.toml: can't be read"));
}

#[test]
fn secrets_are_not_shown() {
    let set = [
        "beacon.secret=abc",
        "beacon.url=https://me:hidden@lighthouse:465",
        "store.postgres_url=postgres://ensue:p@ss:word@db/ensue",
        "nats.url=nats://token@broker:4222",
    ];
    let loaded = load(&sources(&folder(""), &[], &set)).expect("a configuration");
    assert_eq!(shown(&loaded, "beacon.secret").0, "\"***\"");
    assert_eq!(shown(&loaded, "store.postgres_url").0, "\"postgres://ensue:***@db/ensue\"");
    assert_eq!(shown(&loaded, "beacon.url").0, "\"https://me:***@lighthouse:465\"");
    assert_eq!(shown(&loaded, "nats.url").0, "\"nats://***@broker:4222\"");
    assert_eq!(loaded.config.of::<Beacon>().secret, "abc");
    assert_eq!(loaded.config.store.backend, Backend::Sqlite);
}

#[test]
fn a_key_has_one_variable() {
    assert_eq!(variable("grpc.max_message_bytes"), "ENSUE__GRPC__MAX_MESSAGE_BYTES");
    assert_eq!(variable("beacon.lamp.period_ms"), "ENSUE__BEACON__LAMP__PERIOD_MS");
}
