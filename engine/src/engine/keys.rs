//! The keys with which this process signs identity tokens (docs/decisions/0025).
//!
//! The private half of a key lives in one process and ends with it. Its public half is stored before the first token is signed with it,
//! so that every server of the database publishes the keys of all.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::Error;
use crate::core::Time;
use crate::ports::{IdentityError, Signer, SigningKey};
use crate::store::Store;

/// How long a token is valid. It is exchanged at once for what lasts longer.
pub(super) const VALID_MS: u64 = 10 * 60_000;
/// Another server's clock may be behind.
pub(super) const BEFORE_MS: u64 = 60_000;
/// How long a key signs.
const SIGNS_MS: u64 = 24 * 60 * 60_000;

/// Makes a key when one is needed, and another one every day.
#[derive(Debug)]
pub struct Keys {
    signer: Arc<dyn Signer>,
    current: Mutex<Option<Current>>,
}

#[derive(Debug)]
struct Current {
    key: Arc<dyn SigningKey>,
    until: Time,
}

impl Keys {
    #[must_use]
    pub fn new(signer: Arc<dyn Signer>) -> Self {
        Self { signer, current: Mutex::default() }
    }

    /// The key that signs now, published in this store before anybody gets a token that it signed.
    pub(super) async fn current(&self, store: &Store, now: Time) -> Result<Arc<dyn SigningKey>, Error> {
        let mut current = self.current.lock().await;
        if let Some(current) = current.as_ref().filter(|current| current.until > now) {
            return Ok(Arc::clone(&current.key));
        }
        let signer = Arc::clone(&self.signer);
        let made = tokio::task::spawn_blocking(move || signer.new_key()).await.unwrap_or_else(|error| Err(error.to_string()));
        let key = made.map_err(|detail| IdentityError::NoKey { detail })?;
        let until = now + SIGNS_MS;
        store.put_signing_key(key.id(), &key.public(), now, until + VALID_MS + BEFORE_MS).await?;
        *current = Some(Current { key: Arc::clone(&key), until });
        Ok(key)
    }
}
