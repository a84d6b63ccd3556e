//! Readings of monitors that came and went: what a busy server's events mostly are.

use std::collections::BTreeMap;

use engine::core::{Actor, Changes, Event, EventKind, Time};

/// So many events that lead up to `until`, from `span_ms` before on. They change no row.
pub(super) fn readings(count: u64, until: Time, span_ms: u64) -> Changes {
    let events = (0..count).map(|number| {
        let kind = if number % 2 == 0 { EventKind::MonitorUnreadable } else { EventKind::MonitorReadable };
        let before_ms = span_ms.saturating_mul(count - number) / count.max(1);
        Event {
            at: until - before_ms,
            kind,
            actor: Actor::Engine,
            reason: if number % 2 == 0 { "no answer within 5 s".to_owned() } else { "0.3".to_owned() },
            release: None,
            place: None,
            target: None,
            node: None,
            attempt: None,
            data: BTreeMap::from([("monitor".to_owned(), serde_json::Value::from(format!("m-{}", number / 2 % 480)))]),
        }
    });
    Changes { rows: Vec::new(), events: events.collect(), effects: Vec::new() }
}
