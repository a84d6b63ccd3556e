use engine::store::StoredEvent;

use crate::types::FeedEvent;

/// A stored event as it travels.
pub(crate) fn feed_event(stored: &StoredEvent, pipeline: &str) -> FeedEvent {
    let event = stored.event.clone();
    FeedEvent {
        seq: stored.seq,
        topic: format!("p/{pipeline}"),
        kind: event.kind,
        pipeline: pipeline.to_owned(),
        at: event.at,
        actor: event.actor,
        reason: event.reason,
        release: event.release,
        place: event.place,
        target: event.target,
        node: event.node,
        attempt: event.attempt,
        data: event.data,
    }
}
