//! The server may be killed at any moment: whoever asks it asks again until it is back.

use std::future::Future;
use std::sync::Arc;

use engine::core::Time;
use engine::ports::Clock;

use crate::exit::{Exit, Failure, Result};

const PAUSE_MS: u64 = 150;
/// How long the server may be away.
const AWAY_MS: u64 = 240_000;

#[derive(Debug, Clone)]
pub(super) struct Patience {
    clock: Arc<dyn Clock>,
}

impl Patience {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }

    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(super) async fn pause(&self, ms: u64) {
        self.clock.sleep_until(self.clock.now() + ms).await;
    }

    /// Repeats `ask` while there is no answer. What it asks must have one effect however often it is asked.
    pub(super) async fn ask<T, F: Future<Output = Result<T>>>(&self, ask: impl Fn() -> F) -> Result<T> {
        let until = self.clock.now() + AWAY_MS;
        loop {
            match ask().await {
                Err(failure) if is_away(&failure) && self.clock.now() < until => self.pause(PAUSE_MS).await,
                answered => return answered,
            }
        }
    }

    /// Waits until `look` finds what it looks for.
    pub(super) async fn until<T, F: Future<Output = Result<Option<T>>>>(
        &self,
        what: &str,
        within_ms: u64,
        look: impl Fn() -> F,
    ) -> Result<T> {
        let until = self.clock.now() + within_ms;
        loop {
            if let Some(found) = self.ask(&look).await? {
                return Ok(found);
            }
            if self.clock.now() >= until {
                return Err(Failure::failed(format!(
                    "waited {} for this and it did not happen: {what}",
                    crate::output::for_people(within_ms)
                )));
            }
            self.pause(PAUSE_MS).await;
        }
    }
}

/// It is down, starts or stops; or a proxy of the operating system says so in its place.
fn is_away(failure: &Failure) -> bool {
    failure.exit == Exit::Unreachable
        || matches!(failure.code.as_deref(), Some("draining" | "overloaded" | "timed_out" | "store_unavailable"))
}
