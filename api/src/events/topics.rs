use std::collections::BTreeSet;

use engine::core::EventKind;

use crate::problem::{Code, Problem};
use crate::types::FeedEvent;

/// At most this many topics in one stream.
const MOST: usize = 100;

/// What a client wants to hear of. Empty: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Topics {
    pipelines: BTreeSet<String>,
    lists: BTreeSet<List>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum List {
    Pipelines,
    Approvals,
    Runners,
    Monitors,
}

impl Topics {
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let mut topics = Self::default();
        for topic in text.unwrap_or_default().split(',').map(str::trim).filter(|topic| !topic.is_empty()).take(MOST + 1) {
            match (topic, topic.strip_prefix("p/")) {
                (_, Some(name)) if !name.is_empty() => drop(topics.pipelines.insert(name.to_owned())),
                ("pipelines", _) => drop(topics.lists.insert(List::Pipelines)),
                ("approvals", _) => drop(topics.lists.insert(List::Approvals)),
                ("runners", _) => drop(topics.lists.insert(List::Runners)),
                ("monitors", _) => drop(topics.lists.insert(List::Monitors)),
                _ => {
                    let shown: String = topic.chars().take(80).collect();
                    let detail = format!(
                        "there is no topic {shown:?}; there are p/<pipeline>, pipelines, approvals, runners and monitors, separated by commas"
                    );
                    return Err(Problem::new(Code::InvalidQuery, detail));
                }
            }
        }
        if topics.pipelines.len() > MOST {
            return Err(Problem::new(
                Code::InvalidQuery,
                format!("at most {MOST} topics fit in one stream; leave `topics` out to hear everything"),
            ));
        }
        Ok(topics)
    }

    /// The event under the topic that the client asked for; none when it did not.
    pub(crate) fn pick(&self, mut event: FeedEvent) -> Option<FeedEvent> {
        let is_everything = self.pipelines.is_empty() && self.lists.is_empty();
        if is_everything || self.pipelines.contains(&event.pipeline) {
            return Some(event);
        }
        let list = self.lists.iter().find(|list| list.shows(event.kind))?;
        list.name().clone_into(&mut event.topic);
        Some(event)
    }
}

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Pipelines => "pipelines",
            Self::Approvals => "approvals",
            Self::Runners => "runners",
            Self::Monitors => "monitors",
        }
    }

    fn shows(self, kind: EventKind) -> bool {
        let is_job = matches!(
            kind,
            EventKind::JobQueued
                | EventKind::JobStarted
                | EventKind::JobSucceeded
                | EventKind::JobFailed
                | EventKind::JobSkipped
                | EventKind::JobCancelled
                | EventKind::JobUnknown
                | EventKind::JobLost
                | EventKind::JobRetried
        );
        match self {
            Self::Pipelines => !is_job,
            Self::Runners => is_job,
            Self::Monitors => matches!(
                kind,
                EventKind::AlarmFired
                    | EventKind::AlarmCleared
                    | EventKind::MonitorUnreadable
                    | EventKind::MonitorReadable
                    | EventKind::BakeStarted
                    | EventKind::BakePassed
                    | EventKind::BakeFailed
                    | EventKind::BakeErrored
                    | EventKind::BakeInconclusive
            ),
            Self::Approvals => matches!(
                kind,
                EventKind::ApprovalAsked
                    | EventKind::ApprovalGiven
                    | EventKind::ApprovalRejected
                    | EventKind::ApprovalExpired
                    | EventKind::ApprovalVoided
                    | EventKind::GateOverridden
                    | EventKind::GateOpened
                    | EventKind::GateClosed
                    | EventKind::ReleaseSuperseded
                    | EventKind::ReleaseEntered
                    | EventKind::ReleaseCancelled
                    | EventKind::ReleaseQuarantined
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_does_not_exist_is_named_with_those_that_do() {
        let problem = Topics::parse(Some("p/orders,aprovals")).expect_err("a misspelt topic");
        assert_eq!(problem.code, Code::InvalidQuery);
        assert!(
            problem.detail.contains("\"aprovals\"")
                && problem.detail.contains("approvals, runners and monitors")
                && Topics::parse(Some("p/orders,monitors")).is_ok(),
            "{}",
            problem.detail
        );
        assert_eq!(Topics::parse(None).expect("none"), Topics::default());
        let many: Vec<String> = (0..101).map(|n| format!("p/{n}")).collect();
        assert!(Topics::parse(Some(&many.join(","))).is_err());
    }
}
