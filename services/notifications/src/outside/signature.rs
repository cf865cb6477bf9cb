//! Signatures of webhooks, by the Standard Webhooks specification (https://www.standardwebhooks.com).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A secret that a receiver shares with us: `whsec_` and base64. Its `Debug` tells nothing.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// A text that is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    #[error("a webhook secret begins with whsec_")]
    NoPrefix,
    #[error("a webhook secret is base64 after whsec_")]
    NotBase64,
    /// The specification asks for 24 to 64 bytes.
    #[error("a webhook secret has 24 to 64 bytes, not {0}")]
    BadLength(usize),
}

impl Secret {
    /// Reads `whsec_…`.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let encoded = text.strip_prefix("whsec_").ok_or(BadSecret::NoPrefix)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret::NotBase64)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(BadSecret::BadLength(bytes.len()));
        }
        Ok(Self(bytes))
    }

    /// The value of `webhook-signature` for this id, time (seconds since 1970 UTC) and body.
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_specifications() {
        // The example of the reference libraries (standard-webhooks/standard-webhooks).
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_bad_secret_says_what_is_wrong_and_a_good_one_nothing() {
        assert_eq!(Secret::parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap_err(), BadSecret::NoPrefix);
        assert_eq!(Secret::parse("whsec_%%%").unwrap_err(), BadSecret::NotBase64);
        assert_eq!(Secret::parse("whsec_YQ==").unwrap_err(), BadSecret::BadLength(1));
        assert_eq!(format!("{:?}", Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()), "Secret(***)");
    }
}
