//! Sections that services declare: like the host's own in every way.

use serde::{Deserialize, Serialize};
use service_host::config::{Config, Faults, Sections, Settings, Sources};

use crate::beacon::{Beacon, Colour, Lamp, sections};

fn set(flags: &[&str]) -> Sources {
    Sources { set: flags.iter().map(|flag| (*flag).to_owned()).collect(), ..Sources::default() }
}

fn faults(outcome: Result<impl Sized, Faults>) -> Vec<String> {
    outcome.err().expect("faults").0.iter().map(ToString::to_string).collect()
}

#[test]
fn they_have_their_types_and_the_sources_of_all() {
    let env = [("ENSUE__BEACON__LAMP__PERIOD_MS", "7"), ("ENSUE__BEACON__SECRET", "5")];
    let sources = Sources { env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(), ..set(&["beacon.lamp.lit=true"]) };
    let loaded = Config::load(&sources, &sections()).expect("a configuration");
    let wanted = Beacon { secret: "5".into(), lamp: Lamp { lit: true, period_ms: 7, ..Lamp::default() }, ..Beacon::default() };
    assert_eq!(loaded.config.of::<Beacon>(), wanted);
    let shown = loaded.effective.iter().filter(|setting| setting.key.starts_with("beacon."));
    let shown: Vec<_> = shown.map(|setting| (setting.key.as_str(), setting.value.as_str(), setting.source.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("beacon.lamp.colour", "\"white\"", "default"),
            ("beacon.lamp.lit", "true", "--set"),
            ("beacon.lamp.period_ms", "7", "ENSUE__BEACON__LAMP__PERIOD_MS"),
            ("beacon.secret", "\"***\"", "ENSUE__BEACON__SECRET"),
            ("beacon.url", "\"\"", "default"),
        ]
    );
}

#[test]
fn their_faults_are_reported_with_those_of_the_host() {
    let flags =
        ["beacon.lamp.colour=blue", "beacon.lmp.lit=true", "beacon.lamp=1", "beacon.lamp.period_ms=0", "beacon.url=x", "grpc.prot=1"];
    let wanted = [
        "beacon.lamp.colour (--set): unknown variant `blue`, expected `red` or `white`",
        "beacon.lmp.lit (--set): there is no such key; did you mean beacon.lamp.lit?",
        "beacon.lamp (--set): is a section, not a value; it holds keys such as beacon.lamp.colour",
        "grpc.prot (--set): there is no such key; did you mean grpc.port?",
        "beacon.url (--set): must start with https://",
        "beacon.secret (default): is needed with beacon.url",
        "beacon.lamp.period_ms (--set): must be between 1 ms and a day",
    ];
    assert_eq!(faults(Config::load(&set(&flags), &sections())), wanted);
}

#[test]
fn a_section_that_no_service_of_the_program_declares_is_unknown() {
    let found = faults(Config::load(&set(&["beacon.url=https://x"]), &Sections::new()));
    assert_eq!(found, ["beacon.url (--set): there is no such key"]);
}

#[derive(Default, Serialize, Deserialize)]
struct Ports {}

impl Settings for Ports {
    const SECTION: &'static str = "grpc";
}

#[test]
fn a_section_has_one_owner() {
    let gathered: Sections = [sections(), sections().with::<Ports>()].into_iter().collect();
    let found = faults(Config::load(&Sources::default(), &gathered));
    let (beacon, ports) = ("it::beacon::Beacon", "it::sections::Ports");
    let wanted = [
        format!("beacon (services): is a section of {beacon} already; {beacon} needs another name"),
        format!("grpc (services): is a section of the host already; {ports} needs another name"),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn what_is_put_is_there_and_what_is_not_is_the_default() {
    let mut config = Config::default();
    assert_eq!(config.of::<Beacon>(), Beacon::default());
    let red = Beacon { lamp: Lamp { colour: Colour::Red, ..Lamp::default() }, ..Beacon::default() };
    config.put(red.clone());
    assert_eq!(config.of::<Beacon>(), red);
}
