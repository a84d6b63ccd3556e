//! Keys that sign what this server says of its jobs.

use std::fmt::Debug;
use std::sync::Arc;

use serde_json::Value;

use super::SecretValue;

/// Makes keys.
pub trait Signer: Debug + Send + Sync {
    /// A new key; takes up to a second of a core. Its private half never leaves this process.
    ///
    /// # Errors
    /// In words, when the machine has no randomness to give.
    fn new_key(&self) -> Result<Arc<dyn SigningKey>, String>;
}

/// One key.
pub trait SigningKey: Debug + Send + Sync {
    /// The `kid` of its tokens.
    fn id(&self) -> &str;

    /// Its public half as a JSON Web Key (RFC 7517).
    fn public(&self) -> Value;

    /// A signed JSON Web Token (RFC 7519) with these claims.
    ///
    /// # Errors
    /// In words, when it cannot be signed.
    fn sign(&self, claims: &Value) -> Result<SecretValue, String>;
}
