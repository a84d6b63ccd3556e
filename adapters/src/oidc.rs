//! Keys that sign identity tokens: RSA of 2,048 bits with SHA-256 (`RS256`, RFC 7518), the one that every relying party takes.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::ports::{SecretValue, Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::jwt;

/// Makes RSA keys that live in this process only.
#[derive(Debug, Default)]
pub struct RsaSigner;

impl Signer for RsaSigner {
    fn new_key(&self) -> Result<Arc<dyn SigningKey>, String> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| "no RSA key could be made".to_owned())?;
        let (modulus, exponent) = numbers(pair.public_key().as_ref()).ok_or("the public key cannot be read")?;
        let [n, e] = [modulus, exponent].map(|number| URL_SAFE_NO_PAD.encode(number));
        // The thumbprint of the key (RFC 7638): the members in the order of the alphabet.
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)));
        Ok(Arc::new(RsaKey { pair, id, n, e }))
    }
}

struct RsaKey {
    pair: KeyPair,
    id: String,
    n: String,
    e: String,
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SigningKey for RsaKey {
    fn id(&self) -> &str {
        &self.id
    }

    fn public(&self) -> Value {
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": self.n, "e": self.e})
    }

    fn sign(&self, claims: &Value) -> Result<SecretValue, String> {
        jwt::signed(&self.pair, Some(&self.id), claims).ok_or_else(|| "the token could not be signed".to_owned())
    }
}

/// Modulus and exponent of an `RSAPublicKey` in DER (RFC 8017, A.1.1), without the zero that keeps a number positive.
fn numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 0x02;
    let (inside, _) = element(der, SEQUENCE)?;
    let (modulus, rest) = element(inside, INTEGER)?;
    let (exponent, _) = element(rest, INTEGER)?;
    let [modulus, exponent] = [modulus, exponent].map(|number| number.strip_prefix(&[0]).unwrap_or(number));
    Some((modulus, exponent))
}

/// The content of the first element, which has this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // The length follows in so many bytes.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    (found == tag).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    use super::*;

    #[test]
    fn a_token_is_verified_with_what_is_published_of_its_key() {
        let key = RsaSigner.new_key().expect("a key");
        let token = key.sign(&json!({"sub": "pipeline:a"})).expect("a token");
        let public = key.public();
        let number = |name: &str| URL_SAFE_NO_PAD.decode(public[name].as_str().expect("a text")).expect("base64url");
        let (signed, signature) = token.reveal().rsplit_once('.').expect("three parts");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        let published = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        assert_eq!((published.n.len(), published.e.as_slice()), (256, [1, 0, 1].as_slice()));
        published.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).expect("the signature is right");
        published.verify(&RSA_PKCS1_2048_8192_SHA256, b"another text", &signature).expect_err("of another text");
        assert_ne!(RsaSigner.new_key().expect("another key").id(), key.id());
    }

    #[test]
    fn what_is_no_key_is_no_panic() {
        for der in [&[][..], &[0x30], &[0x30, 0x85, 1], &[0x30, 0x82, 0xff, 0xff, 0], &[0x30, 2, 2, 9], &[0x02, 1, 1]] {
            assert_eq!(numbers(der), None, "{der:?}");
        }
    }
}
