//! Web hooks: written down before they are acknowledged (R8, ID1).

use sha2::{Digest as _, Sha256};

use super::{Engine, Error};
use crate::ports::HookReader;
use crate::ports::forge::{Delivery, Hint, Hook};
use crate::store::Received;
use crate::tasks;

/// The longest delivery id that is kept as it is.
const ID_CHARS: usize = 100;

impl Engine {
    /// The reader of one forge's web hooks.
    #[must_use]
    pub fn hook_reader(&self, forge: &str) -> Option<&dyn HookReader> {
        self.ports.hooks.iter().find(|reader| reader.forge() == forge).map(AsRef::as_ref)
    }

    /// Keeps the hint of a proven web hook; afterwards it may be acknowledged. One that came before is not kept again.
    ///
    /// The delivery's id stands in a header, which forges do not sign; so the body belongs to the key, and nobody can use
    /// up an id with another body. That a replay under a new id passes is harmless: it is a hint.
    ///
    /// # Errors
    /// When the store cannot keep it.
    pub async fn receive_hook(&self, forge: &str, delivery: &Delivery, hook: &Hook, hint: &Hint) -> Result<Received, Error> {
        self.accepts_new_work()?;
        let digest = hex::encode(&Sha256::digest(&delivery.body)[..16]);
        let id = match &hook.delivery {
            Some(id) => id.chars().take(ID_CHARS).collect(),
            None => self.ids().uuid(),
        };
        let (key, kind, body) = tasks::inbox::hook_message(forge, &format!("{id}:{digest}"), hint)?;
        let received = self.store.receive(&key, kind, &body, self.clock().now()).await?;
        self.hints.inbox.notify_one();
        Ok(received)
    }
}
