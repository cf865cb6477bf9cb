//! The command line of `cargo xtask up`.

use anyhow::{Context, Result, bail};

#[derive(Debug, Default, PartialEq)]
pub(super) struct Arguments {
    pub release: bool,
    /// Handed on to `ensue up`.
    pub ensue: Vec<String>,
}

impl Arguments {
    pub(super) fn parse(words: &[String]) -> Result<Arguments> {
        let mut parsed = Arguments::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--release" => parsed.release = true,
                "--nats-port" => {
                    let port: u16 = words.next().and_then(|port| port.parse().ok()).context("--nats-port needs a port")?;
                    parsed.ensue.extend([word.clone(), port.to_string()]);
                }
                "--" => parsed.ensue.extend(words.by_ref().cloned()),
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
        let parsed = parse("--release --nats-port 4333 -- --release").unwrap();
        assert_eq!((parsed.release, parsed.ensue.join(" ").as_str()), (true, "--nats-port 4333 --release"));
    }

    #[test]
    fn a_stranger_is_named() {
        assert!(parse("--fast").unwrap_err().to_string().contains("--fast"));
        for wrong in ["--nats-port 99999", "--nats-port"] {
            assert!(parse(wrong).unwrap_err().to_string().contains("--nats-port needs"), "{wrong}");
        }
    }
}
