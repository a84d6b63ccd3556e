//! JSON Web Tokens that are signed with RSA and SHA-256 (RFC 7519, `RS256` of RFC 7518).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::ports::SecretValue;
use serde_json::{Value, json};

/// A token with these claims; `key_id` names the key where several may be published. None: it could not be signed.
pub(crate) fn signed(pair: &KeyPair, key_id: Option<&str>, claims: &Value) -> Option<SecretValue> {
    let mut head = json!({"alg": "RS256", "typ": "JWT"});
    if let Some(id) = key_id {
        head["kid"] = json!(id);
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&head), part(claims));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
    Some(SecretValue::new(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))))
}
