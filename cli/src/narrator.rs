//! One readable line per event, for `demo` and `dev`.

use api::types::FeedEvent;
use engine::core::{Actor, Event, EventKind};

use crate::output::{Output, Style, cut, plain};

/// Longer reasons are cut: the whole text is one `tidegate` command away.
const REASON_CHARACTERS: usize = 110;

/// The line of an event; none for what only fills the screen (each job's queueing, gates that open).
pub(crate) fn line(event: &Event, output: &Output) -> Option<String> {
    let (style, sign, what) = headline(event)?;
    let release = event.release.map_or_else(String::new, |release| format!("#{:<4}", release.0));
    let place =
        event.target.as_ref().map(|target| target.as_str()).or(event.place.as_deref()).or(event.node.as_deref()).unwrap_or_default();
    let reason = cut(&plain(&event.reason), REASON_CHARACTERS);
    let by = match &event.actor {
        Actor::Person { .. } | Actor::Token { .. } => format!(" (by {})", who(&event.actor)),
        Actor::Runner { .. } | Actor::Trigger { .. } | Actor::Engine => String::new(),
    };
    let text = format!("{sign} {release:<5} {what:<24} {:<14} {reason}{by}", plain(place));
    Some(output.paint(style, text.trim_end()))
}

/// The event as the engine made it.
pub(crate) fn of_feed(feed: &FeedEvent) -> Event {
    Event {
        at: feed.at,
        kind: feed.kind,
        actor: feed.actor.clone(),
        reason: feed.reason.clone(),
        release: feed.release,
        place: feed.place.clone(),
        target: feed.target.clone(),
        node: feed.node.clone(),
        attempt: feed.attempt.clone(),
        data: feed.data.clone(),
    }
}

fn headline(event: &Event) -> Option<(Style, char, &'static str)> {
    use EventKind as K;
    use Style::{Active, Bad, Good, Quiet, Strong, Waiting};
    Some(match event.kind {
        K::ReleaseCreated => (Strong, '+', "new release"),
        K::ReleaseWaiting => (Waiting, '…', "waits"),
        K::ReleaseEntered => (Active, '→', "enters"),
        K::ReleaseSuperseded => (Quiet, '»', "superseded"),
        K::ReleaseOutdated => (Quiet, '»', "outdated"),
        K::WaveCompleted => (Good, '✓', "wave completed"),
        K::StageCompleted => (Good, '✓', "stage completed"),
        K::ReleaseCompleted => (Good, '★', "is everywhere"),
        K::ReleaseFailed => (Bad, '✗', "failed"),
        K::ReleaseCancelled => (Quiet, '×', "cancelled"),
        K::ReleaseRetried => (Active, '↻', "tried again"),
        K::ReleaseQuarantined => (Bad, '!', "quarantined"),
        K::QuarantineLifted => (Waiting, '!', "quarantine lifted"),
        K::TargetFlagged => (Waiting, '!', "target flagged"),
        K::ApprovalAsked => (Waiting, '?', "approval wanted"),
        K::ApprovalGiven => (Good, '✓', "approved"),
        K::ApprovalRejected => (Bad, '✗', "rejected"),
        K::ApprovalExpired => (Waiting, '?', "approval expired"),
        K::ApprovalVoided => (Waiting, '?', "approval void"),
        K::GateOverridden => (Waiting, '!', "gate overridden"),
        K::CheckAnswered => (Active, '?', "check answered"),
        K::JobFailed => (Bad, '✗', "job failed"),
        K::JobCancelled => (Quiet, '×', "job cancelled"),
        K::JobUnknown => (Waiting, '?', "contact lost"),
        K::JobLost => (Waiting, '?', "runner lost"),
        K::PlanGrown => (Active, '+', "plan grown"),
        K::JobRetried => (Active, '↻', "job again"),
        K::RolloutStarted => (Active, '→', "rollout begins"),
        K::RolloutSucceeded => (Good, '✓', "rolled out"),
        K::RolloutFailed => (Bad, '✗', "rollout failed"),
        K::BakeStarted => (Active, '◔', "bake begins"),
        K::BakePassed => (Good, '✓', "bake passed"),
        K::BakeFailed => (Bad, '✗', "bake failed"),
        K::BakeErrored => (Bad, '?', "bake cannot be read"),
        K::BakeInconclusive => (Waiting, '?', "bake inconclusive"),
        K::AlarmFired => (Bad, '!', "alarm"),
        K::AlarmCleared => (Good, '✓', "alarm cleared"),
        K::MonitorUnreadable => (Waiting, '?', "monitor unreadable"),
        K::RollbackStarted => (Waiting, '←', "rolls back"),
        K::RollbackSucceeded => (Good, '←', "rolled back"),
        K::RollbackFailed => (Bad, '✗', "rollback failed"),
        K::RollbackImpossible => (Bad, '✗', "nothing to go back to"),
        K::HoldPlaced => (Waiting, '‖', "hold"),
        K::HoldLifted => (Good, '‖', "hold lifted"),
        K::TargetUnknown => (Bad, '?', "target unknown"),
        K::TargetResolved => (Good, '✓', "target known again"),
        K::GateClosed | K::GateOpened | K::JobQueued | K::JobStarted | K::JobSucceeded | K::JobSkipped | K::MonitorReadable => return None,
    })
}

/// Whoever did something, for people.
pub(crate) fn who(actor: &Actor) -> String {
    match actor {
        Actor::Person { name, .. } | Actor::Token { name, .. } => plain(name),
        Actor::Runner { id } => plain(id),
        Actor::Trigger { source } => plain(source),
        Actor::Engine => "the engine".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use engine::core::Time;
    use engine::core::id::{PersonId, ReleaseNumber};

    use super::*;
    use crate::config::Environment;
    use crate::output::Color;

    #[test]
    fn an_event_is_one_harmless_line_with_who_and_why() {
        let output = Output::new(false, Color::Never, &Environment::default());
        let mut event = Event {
            at: Time(0),
            kind: EventKind::ApprovalGiven,
            actor: Actor::Person { id: PersonId::from("1"), name: "Ana".to_owned(), groups: Vec::new() },
            reason: "looks\u{1b}[2J good\nto me".to_owned(),
            release: Some(ReleaseNumber(412)),
            place: Some("prod".to_owned()),
            target: None,
            node: None,
            attempt: None,
            data: BTreeMap::new(),
        };
        assert_eq!(line(&event, &output).as_deref(), Some("✓ #412  approved                 prod           looks·[2J good·to me (by Ana)"));
        event.kind = EventKind::JobQueued;
        assert_eq!(line(&event, &output), None);
    }
}
