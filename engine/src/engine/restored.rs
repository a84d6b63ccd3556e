//! A server whose data came from a backup (R12, ID8).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use protocol::Generation;

use super::{Engine, Error};
use crate::core::dispatch::Queued;
use crate::core::{Actor, Input};
use crate::store::Store;

impl Engine {
    /// Begins a new generation: no lease, token or session from before is accepted, what was in flight is unknown, and every
    /// pipeline waits for a person. Needs a store that no server uses, and comes before [`Engine::open`].
    ///
    /// # Errors
    /// When the store cannot keep it.
    pub async fn begin_generation(store: &Store, now: crate::core::Time) -> Result<Generation, Error> {
        let generation = store.mark_restored(now).await?;
        store.end_access(now).await?;
        Ok(generation)
    }

    /// Holds every pipeline. Doing it again changes nothing. Answers how many there are, and those that are parked, which
    /// nothing happens to anyway.
    ///
    /// # Errors
    /// When a pipeline cannot be changed.
    pub async fn hold_restored(self: &Arc<Self>, reason: &str) -> Result<(usize, Vec<String>), Error> {
        let (mut held, mut parked) = (0, Vec::new());
        for pipeline in self.pipeline_ids().await? {
            match self.input(&pipeline, Actor::Engine, Input::Restored { reason: reason.to_owned() }).await {
                Ok(_) => held += 1,
                Err(Error::Parked { pipeline, .. }) => parked.push(pipeline),
                Err(error) => return Err(error),
            }
        }
        Ok((held, parked))
    }

    /// What may be handed out: after a restore nothing that touches a target of a pipeline that nobody has released.
    pub(crate) async fn after_restore(&self, queued: Vec<Queued>) -> Result<Vec<Queued>, Error> {
        if !self.is_restored() {
            return Ok(queued);
        }
        let mut may_go = Vec::new();
        for attempt in queued {
            // A pipeline that cannot be looked at is parked, and none of its work goes out.
            if self.view(&attempt.pipeline, |state| state.may_go_out(&attempt.attempt)).await.unwrap_or(false) {
                may_go.push(attempt);
            }
        }
        self.end_restore().await?;
        Ok(may_go)
    }

    /// It was, and not every pipeline has been released since.
    pub(crate) fn is_restored(&self) -> bool {
        self.is_restored.load(Ordering::Relaxed)
    }

    /// Once a person has released every pipeline the restore is over.
    pub(crate) async fn end_restore(&self) -> Result<(), Error> {
        if !self.is_restored() {
            return Ok(());
        }
        for pipeline in self.pipeline_ids().await? {
            if self.view(&pipeline, |state| state.held_since_restore().is_some()).await.unwrap_or(true) {
                return Ok(());
            }
        }
        self.store.release_restored().await?;
        self.is_restored.store(false, Ordering::Relaxed);
        Ok(())
    }
}
