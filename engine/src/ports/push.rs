//! What a cloud pushes when an alarm changes.

use std::fmt::Debug;

use async_trait::async_trait;

use super::forge::HookRefused;

/// Proves and reads what a cloud sends about its alarms. A hint: what counts is what the alarm's monitor says when it is read.
#[async_trait]
pub trait AlarmPush: Debug + Send + Sync {
    /// Compares in constant time; nothing of a delivery is read before.
    ///
    /// # Errors
    /// [`HookRefused::NotConfigured`] when this server takes none, [`HookRefused::Unproven`] when it is no secret of its own.
    fn prove(&self, secret: &str) -> Result<(), HookRefused>;

    /// # Errors
    /// [`HookRefused::Malformed`] with what was expected.
    fn read(&self, body: &[u8]) -> Result<Pushed, HookRefused>;

    /// Tells the cloud that this server wants what it sends. Bounded in time.
    ///
    /// # Errors
    /// In words, when it does not answer as it should; it asks again.
    async fn confirm(&self, confirmation: &Confirmation) -> Result<(), String>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// An alarm may have changed: what [`pipelines::plan::Monitor::signal`] says of its monitors.
    Changed { signal: String },
    /// It asks whether this server wants it.
    Asked(Confirmation),
    /// Nothing follows, for this reason.
    Ignored(String),
}

/// Where to say yes; an address that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    pub url: String,
    pub topic: String,
}
