//! `up`: all services in this process, and a `nats-server` for them where the user names none.

use clap::Args;
use service_host::config::{Config, Fault, Faults, Loaded, Setting, Sources};

use crate::Verdict;
use crate::app::runtime;
use crate::broker::Broker;
use crate::serve::{Program, until_stopped};

/// Where a server of our own listens: the port of the default of `nats.url`.
const PORT: u16 = 4222;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The port of the nats-server that is started [default: 4222]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    nats_port: Option<u16>,
}

/// Runs until a signal. All that can be waited for at length, or fetched, is here before the runtime is; our broker goes last.
pub fn run(program: Program, sources: &Sources, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let mut loaded = Config::load(sources, &program.sections)?;
    let mut broker = broker(program.name, &mut loaded, arguments.nats_port)?;
    let verdict = runtime()?.block_on(until_stopped(program, loaded, broker.as_mut()));
    drop(broker);
    verdict
}

/// Our own, unless the user says where one is.
fn broker(name: &str, loaded: &mut Loaded, port: Option<u16>) -> anyhow::Result<Option<Broker>> {
    let Some(url) = loaded.effective.iter_mut().find(|setting| setting.key == "nats.url") else { return Ok(None) };
    if url.source != "default" {
        refuse_both(url, port)?;
        eprintln!("nats-server: none started, nats.url is {} ({})", url.value, url.source);
        return Ok(None);
    }
    let broker = Broker::start(name, &loaded.config.data_dir, port.unwrap_or(PORT))?;
    loaded.config.nats.url = broker.url();
    *url = Setting { value: format!("\"{}\"", broker.url()), source: "up".to_owned(), ..url.clone() };
    Ok(Some(broker))
}

fn refuse_both(url: &Setting, port: Option<u16>) -> Result<(), Faults> {
    match port {
        None => Ok(()),
        Some(port) => Err(Faults(vec![Fault {
            key: url.key.clone(),
            source: url.source.clone(),
            message: format!("names a server, and --nats-port {port} asks for one of its own: give one of them"),
        }])),
    }
}

#[cfg(test)]
mod tests {
    use service_host::config::Sections;

    use super::*;

    fn loaded(set: &[&str]) -> Loaded {
        let set = set.iter().map(|setting| (*setting).to_owned()).collect();
        Config::load(&Sources { set, ..Sources::default() }, &Sections::new()).unwrap()
    }

    #[test]
    fn commands_that_are_not_told_otherwise_look_where_our_server_listens() {
        assert_eq!(Config::default().nats.url, format!("nats://127.0.0.1:{PORT}"));
    }

    #[test]
    fn a_server_that_the_user_names_is_used_and_none_is_started() {
        let mut loaded = loaded(&["nats.url=nats://127.0.0.1:4222"]);
        assert!(broker("bakery", &mut loaded, None).unwrap().is_none());
        let why = broker("bakery", &mut loaded, Some(4333)).unwrap_err();
        assert!(why.downcast_ref::<Faults>().is_some() && why.to_string().contains("--nats-port 4333"), "{why}");
    }
}
