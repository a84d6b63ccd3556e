use aws_lc_rs::rsa::KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::ports::SecretValue;
use serde_json::json;
use thiserror::Error;

use crate::jwt;

/// How long a token of the App is valid; GitHub takes at most ten minutes.
const VALID_S: i64 = 9 * 60;
/// GitHub's clock may be behind.
const BEFORE_S: i64 = 60;

/// The private key of a GitHub App.
pub struct AppKey {
    pair: KeyPair,
}

/// Says nothing of the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("this is no RSA private key in PEM, as GitHub hands it out (BEGIN RSA PRIVATE KEY): {0}")]
pub struct NoKey(&'static str);

impl std::fmt::Debug for AppKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppKey(…)")
    }
}

impl AppKey {
    /// # Errors
    /// When the text is no RSA key in PKCS#1 or PKCS#8.
    pub fn from_pem(pem: &SecretValue) -> Result<Self, NoKey> {
        let pem = pem.reveal();
        let is_pkcs1 = pem.contains("-----BEGIN RSA PRIVATE KEY-----");
        if !is_pkcs1 && !pem.contains("-----BEGIN PRIVATE KEY-----") {
            return Err(NoKey("there is no such line"));
        }
        let body: String = pem.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).map_err(|_| NoKey("it is no base64"))?;
        let pair = if is_pkcs1 { KeyPair::from_der(&der) } else { KeyPair::from_pkcs8(&der) };
        pair.map(|pair| Self { pair }).map_err(|_| NoKey("it is no RSA key of at least 2048 bits"))
    }

    /// The token with which the App `id` speaks for itself (RFC 7519, RS256), made at `now_s`.
    pub(super) fn token(&self, id: &str, now_s: i64) -> Option<SecretValue> {
        jwt::signed(&self.pair, None, &json!({"iat": now_s - BEFORE_S, "exp": now_s + VALID_S, "iss": id}))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn a_token_is_signed_and_says_who_and_how_long() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
        let token = AppKey::from_pem(&SecretValue::new(pem)).unwrap().token("4711", 1_780_000_000).unwrap();
        let (signed, signature) = token.reveal().rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
        public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let (head, claims) = signed.split_once('.').unwrap();
        let read = |part: &str| serde_json::from_slice::<serde_json::Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(read(head), json!({"alg": "RS256", "typ": "JWT"}));
        assert_eq!(read(claims), json!({"iat": 1_779_999_940_i64, "exp": 1_780_000_540_i64, "iss": "4711"}));
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for pem in [
            "",
            "hunter2",
            "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n",
        ] {
            let error = AppKey::from_pem(&SecretValue::new(pem.to_owned())).unwrap_err().to_string();
            assert!(!error.contains("hunter2") && error.contains("BEGIN RSA PRIVATE KEY"), "{error}");
        }
    }
}
