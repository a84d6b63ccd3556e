use engine::core::id::{ReleaseNumber, TargetName};
use engine::core::{Actor, Input, Time};
use protocol::AttemptId;

/// One thing that happens in a history: all that is needed to play it again.
#[derive(Debug, Clone)]
pub struct Step {
    pub at: Time,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    /// An input reaches the core and is committed.
    Give { actor: Actor, input: Input },
    /// An input is handled, and the server dies before the commit.
    Crash { actor: Actor, input: Input },
    /// An input reaches another server of the same database, which may know an older version (IA9).
    Elsewhere { actor: Actor, input: Input },
    /// The server stops and starts again.
    Restart,
    /// The same with a new generation: what runners had been told before counts no more (R2).
    Restore,
    /// In the world: an attempt begins to change a target.
    Begin(Act),
    /// That change is done.
    End(Act),
}

/// One change of a target in the world, logged whether it was allowed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub target: TargetName,
    pub attempt: AttemptId,
    pub fence: u64,
    pub release: ReleaseNumber,
    pub percent: u8,
}

impl Step {
    /// For people, on one line.
    pub fn in_words(&self, since: Time) -> String {
        let seconds = self.at.since_ms(since) / 1_000;
        let what = match &self.what {
            What::Give { actor, input } => format!("{}: {}", who(actor), input_in_words(input)),
            What::Crash { actor, input } => format!("crash before the commit of {}: {}", who(actor), input_in_words(input)),
            What::Elsewhere { actor, input } => format!("{} by another server: {}", who(actor), input_in_words(input)),
            What::Restart => "the server restarts".to_owned(),
            What::Restore => "the server comes back with a new generation".to_owned(),
            What::Begin(act) => {
                format!("world: {} begins {} {}% at {}, fence {}", act.attempt, act.release, act.percent, act.target, act.fence)
            }
            What::End(act) => format!("world: {} has ended {} {}% at {}", act.attempt, act.release, act.percent, act.target),
        };
        format!("{seconds:>8} {what}")
    }
}

fn who(actor: &Actor) -> &str {
    match actor {
        Actor::Person { name, .. } | Actor::Token { name, .. } => name,
        Actor::Runner { id } => id,
        Actor::Trigger { source } => source,
        Actor::Engine => "engine",
    }
}

fn input_in_words(input: &Input) -> String {
    match input {
        Input::Admit(admission) => {
            format!("admit {} {}.{} key {}", admission.digest, admission.order.epoch, admission.order.position, admission.key)
        }
        Input::Report(report) => format!(
            "report {} {:?} token {} fence {:?} {:?}",
            report.fences.attempt, report.outcome, report.fences.lease_token, report.fences.fence, report.outputs
        ),
        Input::Heartbeat { fences, .. } => format!("heartbeat {} token {} fence {:?}", fences.attempt, fences.lease_token, fences.fence),
        Input::Issued { fences, until } => format!("credentials for {} until {until}", fences.attempt),
        other => format!("{other:?}"),
    }
}
