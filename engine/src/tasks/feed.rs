//! Publishes committed events to listeners in the order of their sequence numbers, from whichever server they came.

use std::sync::{Arc, PoisonError};

use super::Next;
use crate::engine::Engine;
use crate::store::EventFilter;

const PAGE: u32 = 500;

pub(super) async fn round(engine: Arc<Engine>) -> Next {
    let known = *engine.published().lock().unwrap_or_else(PoisonError::into_inner);
    // What happened before this server started, or before anybody listens, is read from the store by whoever wants it:
    // one who begins to listen after this look finds everything up to `newest` there.
    let newest = engine.store().last_seq().await?;
    let Some(mut since) = known.filter(|since| *since < newest && engine.feed().receiver_count() > 0) else {
        *engine.published().lock().unwrap_or_else(PoisonError::into_inner) = Some(newest);
        return Ok(None);
    };
    loop {
        let events = engine.store().events_after(since, &EventFilter::default(), PAGE).await?;
        let full = events.len() >= PAGE as usize;
        for event in events {
            since = event.seq;
            // No listener is no reason to fail.
            drop(engine.feed().send(Arc::new(event)));
        }
        *engine.published().lock().unwrap_or_else(PoisonError::into_inner) = Some(since);
        if !full {
            return Ok(None);
        }
    }
}
