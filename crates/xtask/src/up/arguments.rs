//! The command line of `cargo xtask up`.

use anyhow::{Context, Result, bail};

#[derive(Debug, PartialEq)]
pub(super) struct Arguments {
    pub release: bool,
    pub nats_port: u16,
    /// Handed on to `ensue up`.
    pub ensue: Vec<String>,
}

impl Arguments {
    pub(super) fn parse(words: &[String]) -> Result<Arguments> {
        let mut parsed = Arguments { release: false, nats_port: 4222, ensue: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--release" => parsed.release = true,
                "--nats-port" => {
                    let port = words.next().context("--nats-port needs a number")?;
                    parsed.nats_port = port.parse().with_context(|| format!("--nats-port {port} is no port"))?;
                }
                "--" => {
                    parsed.ensue = words.cloned().collect();
                    break;
                }
                other => bail!("unknown argument {other}; flags of `ensue up` go after `--`"),
            }
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&words)
    }

    #[test]
    fn what_follows_the_dashes_is_for_ensue() {
        let ensue = vec!["--release".to_owned()];
        assert_eq!(parse("--nats-port 4333 -- --release").unwrap(), Arguments { release: false, nats_port: 4333, ensue });
    }

    #[test]
    fn a_stranger_is_named() {
        assert!(parse("--fast").unwrap_err().to_string().contains("--fast"));
        assert!(parse("--nats-port 99999").unwrap_err().to_string().contains("99999"));
    }
}
