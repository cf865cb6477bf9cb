//! The name of a workspace or a service, in the spellings that it is needed in.

use std::str::FromStr;

use super::template::{Source, Words};

/// Names that Rust, cargo or the platform have taken.
const TAKEN: &[&str] = &[
    "core",
    "std",
    "alloc",
    "test",
    "proc_macro",
    "ensue",
    "events",
    "system",
    "wire",
    "crate",
    "self",
    "super",
    "as",
    "break",
    "const",
    "continue",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "pub",
    "ref",
    "return",
    "static",
    "struct",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
    "async",
    "await",
    "abstract",
    "become",
    "box",
    "do",
    "final",
    "macro",
    "override",
    "priv",
    "try",
    "typeof",
    "unsized",
    "virtual",
    "yield",
    "google",
    "catalogue",
    "prost",
    "tonic",
];

/// As it was given: `my-bakery`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_');
        if !(1..=32).contains(&text.len()) || !letters || !text.as_bytes()[0].is_ascii_lowercase() || text.ends_with(['-', '_']) {
            return Err("1 to 32 of a-z, 0-9, - and _, a letter first and none of - and _ last".to_owned());
        }
        if text.contains("--") || text.contains("__") || text.contains("-_") || text.contains("_-") {
            return Err("one - or _ between words".to_owned());
        }
        let name = Self(text.to_owned());
        if TAKEN.contains(&name.ident().as_str()) { Err(format!("{text} is taken; choose another")) } else { Ok(name) }
    }
}

impl Name {
    pub fn as_given(&self) -> &str {
        &self.0
    }

    /// `my_bakery`: the module, the service, the domain.
    pub fn ident(&self) -> String {
        self.0.replace('-', "_")
    }

    /// `MyBakery`
    pub fn camel(&self) -> String {
        let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
        self.0.split(['-', '_']).map(capital).collect()
    }

    /// What a new workspace is made of.
    pub fn words(&self, source: &Source) -> Words {
        let mut words = self.words_of_a_service();
        words.push(("{{source}}", source.of("ensue")));
        words.push(("{{source_cli}}", source.of("cli")));
        words.push(("{{source_build}}", source.of("build")));
        words
    }

    /// What a service is made of whose crate has its name.
    pub fn words_of_a_service(&self) -> Words {
        self.words_in(&self.ident())
    }

    /// What a service is made of in this crate.
    pub fn words_in(&self, krate: &str) -> Words {
        let ident = self.ident();
        vec![
            ("{{name}}", self.0.clone()),
            ("{{Camel}}", self.camel()),
            ("{{crate}}", krate.to_owned()),
            ("{{package}}", ident.clone()),
            ("{{wire}}", format!("crate::wire::{ident}")),
            ("{{wire_outside}}", format!("{krate}::wire::{ident}")),
            ("{{contracts}}", format!("{krate}::wire::CONTRACTS")),
            ("{{service_outside}}", format!("{krate}::{ident}::service")),
            ("{{migrations}}", format!("../migrations/{ident}")),
            ("{{ident}}", ident),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelt_as_each_place_wants_it() {
        let name: Name = "my-bakery".parse().unwrap();
        assert_eq!((name.ident().as_str(), name.camel().as_str()), ("my_bakery", "MyBakery"));
    }

    #[test]
    fn what_can_be_no_name_is_refused() {
        for bad in ["", "Bakery", "1bakery", "bakery-", "my--bakery", "bäckerei", "type", "events", "a/b", "x.y", &"a".repeat(33)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }
}
