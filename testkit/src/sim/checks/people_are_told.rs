use engine::core::{Effect, Event, EventKind};
use pipelines::plan::{Notify, NotifyTo};

use super::{Findings, Invariant, Seen};

pub(super) struct PeopleAreTold;

impl Invariant for PeopleAreTold {
    fn name(&self) -> &'static str {
        "S4"
    }

    fn says(&self) -> &'static str {
        "who asked to be told of a kind of event is told of each, once, and of no other"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let Ok(changes) = seen.outcome else { return };
        for (position, event) in changes.events.iter().enumerate() {
            let Some(plan) = event.release.and_then(|number| seen.plan(number)) else { continue };
            let stage = event.place.as_deref().and_then(|place| place.split('/').next());
            let of_stage = plan.stages.iter().filter(|s| Some(s.name.as_str()) == stage).flat_map(|s| &s.notify);
            let mut wanted: Vec<&NotifyTo> = plan.notify.iter().chain(of_stage).filter(|n| asks(n, event)).map(|n| &n.to).collect();
            wanted.dedup();
            let told: Vec<&NotifyTo> = changes
                .effects
                .iter()
                .filter_map(|effect| match effect {
                    Effect::Tell { to, event } if *event == position => Some(to),
                    _ => None,
                })
                .collect();
            if wanted != told {
                found.broken("S4", format!("{:?} of {:?} is told to {told:?}, wanted by {wanted:?}", event.kind, event.release));
            }
        }
    }
}

fn asks(notify: &Notify, event: &Event) -> bool {
    let kinds = |word: &str| -> &[EventKind] {
        match word {
            "started" => &[EventKind::ReleaseCreated],
            "completed" => &[EventKind::ReleaseCompleted],
            "failed" => &[EventKind::ReleaseFailed, EventKind::RollbackFailed, EventKind::RollbackImpossible],
            "rolled_back" => &[EventKind::RollbackSucceeded],
            "superseded" => &[EventKind::ReleaseSuperseded, EventKind::ReleaseOutdated],
            "waiting_approval" => &[EventKind::ApprovalAsked],
            "held" => &[EventKind::HoldPlaced],
            "unclear" => &[EventKind::BakeErrored, EventKind::BakeInconclusive, EventKind::TargetUnknown],
            _ => &[],
        }
    };
    notify.on.iter().any(|word| kinds(word).contains(&event.kind))
}
