//! A section as a service declares one.

use serde::{Deserialize, Serialize};
use service_host::config::{Found, Sections, Settings, is_url};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beacon {
    pub url: String,
    pub secret: String,
    pub lamp: Lamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lamp {
    pub colour: Colour,
    pub lit: bool,
    pub period_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    Red,
    White,
}

impl Default for Lamp {
    fn default() -> Self {
        Self { colour: Colour::White, lit: false, period_ms: 500 }
    }
}

impl Settings for Beacon {
    const SECTION: &'static str = "beacon";

    fn check(&self, found: &mut Found) {
        if !self.url.is_empty() {
            found.unless(is_url(&self.url, &["https://"]), "url", "must start with https://");
            found.unless(!self.secret.is_empty(), "secret", "is needed with beacon.url");
        }
        found.milliseconds("lamp.period_ms", self.lamp.period_ms);
    }
}

pub fn sections() -> Sections {
    Sections::new().with::<Beacon>()
}
