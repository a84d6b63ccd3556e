use std::sync::{Arc, PoisonError, RwLock};

use engine::ports::SecretValue;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use thiserror::Error;

/// Shorter ones can be guessed by trying, which costs the attacker nothing once a signed body is known.
const SHORTEST: usize = 16;

/// The secrets of one forge's web hooks: several while one takes the place of another. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct HookSecrets {
    secrets: Arc<RwLock<Vec<SecretValue>>>,
}

/// A secret that could be guessed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a secret of web hooks has fewer than {SHORTEST} characters; make one with `openssl rand -hex 32`")]
pub struct WeakSecret;

impl HookSecrets {
    /// # Errors
    /// When one of them is too short.
    pub fn new(secrets: Vec<SecretValue>) -> Result<Self, WeakSecret> {
        if secrets.iter().any(|secret| secret.reveal().chars().count() < SHORTEST) {
            return Err(WeakSecret);
        }
        Ok(Self { secrets: Arc::new(RwLock::new(secrets)) })
    }

    /// From now on this one counts, too.
    ///
    /// # Errors
    /// When it is too short.
    pub fn add(&self, secret: SecretValue) -> Result<(), WeakSecret> {
        if secret.reveal().chars().count() < SHORTEST {
            return Err(WeakSecret);
        }
        self.secrets.write().unwrap_or_else(PoisonError::into_inner).push(secret);
        Ok(())
    }

    /// Nothing can be proven.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether `mac` is the HMAC-SHA256 of all parts in their order under one of the secrets. Every secret is tried, so
    /// that the time tells nothing about which.
    pub(super) fn signed(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        self.any(|secret| verified(secret.reveal().as_bytes(), parts, mac))
    }

    /// As [`HookSecrets::signed`], with keys as the Standard Webhooks write them: `whsec_` and base64.
    pub(super) fn signed_standard(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        use base64::Engine as _;
        self.any(|secret| {
            let text = secret.reveal();
            let decoded = text.strip_prefix("whsec_").and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
            verified(decoded.as_deref().unwrap_or(text.as_bytes()), parts, mac)
        })
    }

    /// Whether `token` is one of them. Digests are compared, so that lengths tell nothing.
    pub(crate) fn holds(&self, token: &str) -> bool {
        let presented = Sha256::digest(token.as_bytes());
        self.any(|secret| Sha256::digest(secret.reveal().as_bytes()).ct_eq(&presented))
    }

    fn any(&self, mut matches: impl FnMut(&SecretValue) -> Choice) -> bool {
        let mut found = Choice::from(0);
        for secret in self.secrets.read().unwrap_or_else(PoisonError::into_inner).iter() {
            found |= matches(secret);
        }
        found.into()
    }
}

fn verified(key: &[u8], parts: &[&[u8]], expected: &[u8]) -> Choice {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Choice::from(0) };
    for part in parts {
        mac.update(part);
    }
    Choice::from(u8::from(mac.verify_slice(expected).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        assert_eq!(HookSecrets::new(vec![SecretValue::new("short".to_owned())]).unwrap_err(), WeakSecret);
        let secrets = HookSecrets::new(vec![SecretValue::new("0123456789abcdef".to_owned())]).unwrap();
        assert_eq!(secrets.add(SecretValue::new("short".to_owned())).unwrap_err(), WeakSecret);
    }

    #[test]
    fn a_secret_that_is_added_counts_beside_the_others_wherever_they_are_used() {
        let secrets = HookSecrets::default();
        let used = secrets.clone();
        assert!(used.is_empty());
        for text in ["the first of them", "the second of them"] {
            secrets.add(SecretValue::new(text.to_owned())).unwrap();
        }
        assert!(used.holds("the first of them") && used.holds("the second of them") && !used.holds("another one"));
    }

    /// The example of the Standard Webhooks' own libraries.
    #[test]
    fn the_published_example_of_the_standard_webhooks_is_verified() {
        use base64::Engine as _;
        let secrets = HookSecrets::new(vec![SecretValue::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())]).unwrap();
        let mac = base64::engine::general_purpose::STANDARD.decode("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=").unwrap();
        let parts: [&[u8]; 5] = [b"msg_p5jXN8AQM9LWM0D4loKWxJek", b".", b"1614265330", b".", br#"{"test": 2432232314}"#];
        assert!(secrets.signed_standard(&parts, &mac));
        let parts: [&[u8]; 5] = [b"msg_p5jXN8AQM9LWM0D4loKWxJek", b".", b"1614265331", b".", br#"{"test": 2432232314}"#];
        assert!(!secrets.signed_standard(&parts, &mac));
    }
}
