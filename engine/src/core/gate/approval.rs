//! People say yes (G5): distinct ones, not those who made the change, about one digest, for a limited time.

use pipelines::plan::{Approval, GateCondition, NodeIx};

use super::{Opinion, gate, new_gate};
use crate::core::effect::Effect;
use crate::core::event::EventKind;
use crate::core::id::{PersonId, ReleaseNumber};
use crate::core::pipeline::Pipeline;
use crate::core::rejected::Rejected;
use crate::core::row::{ApprovalGiven, GateRow, GateState, ReleaseRow};
use crate::core::turn::Turn;
use crate::core::{Actor, person};

impl Pipeline {
    /// Whether the wave asks people and all of them have said yes.
    pub(crate) fn is_approved(&self, number: ReleaseNumber, gates: &[NodeIx]) -> bool {
        let plan = self.plan_of(number);
        let mut asked =
            gates.iter().filter(|ix| gate(&plan, **ix).is_some_and(|g| matches!(g.condition, GateCondition::Approval(_)))).peekable();
        asked.peek().is_some() && asked.all(|ix| self.gate(number, *ix).is_some_and(|row| row.state == GateState::Open))
    }

    /// Asks once per release and gate; asks again after the question or the answer got old.
    pub(crate) fn ask_people(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, approval: &Approval) -> Opinion {
        self.expire(turn, number, ix);
        let row = self.gate(number, ix);
        let wanted = approval.count.max(1);
        match row.map(|row| row.state) {
            None | Some(GateState::Idle | GateState::Expired) => {
                let mut row = row.cloned().unwrap_or_else(|| new_gate(number, ix, turn.now));
                row.state = GateState::Closed;
                row.since = turn.now;
                row.asked_at = Some(turn.now);
                row.expires_at = Some(turn.now + approval.expires_ms);
                row.approvals.clear();
                row.rejected = None;
                row.reason = waits_for(approval, 0);
                let (detail, until) = (row.reason.clone(), None);
                self.put_gate(turn, row);
                self.emit_gate(turn, number, ix, EventKind::ApprovalAsked, &detail);
                let key = self.node_key(number, ix);
                turn.effects.push(Effect::AskApproval { release: number, gate: key });
                Opinion::Closed { detail, until }
            }
            Some(GateState::Open) => Opinion::Open,
            Some(GateState::Closed | GateState::Unreadable) => {
                let given = row.map_or(0, |row| row.approvals.len());
                Opinion::Closed { detail: waits_for(approval, u32::try_from(given).unwrap_or(wanted)), until: None }
            }
            Some(GateState::Rejected) => Opinion::Rejected { detail: row.map(|row| row.reason.clone()).unwrap_or_default() },
        }
    }

    /// An answer or a question that got old is asked again, never passed by time (IE8).
    pub(crate) fn expire(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx) {
        let plan = self.plan_of(number);
        let old = |row: &&GateRow| !row.overridden && row.expires_at.is_some_and(|at| at <= turn.now);
        let Some(mut row) = self.gate(number, ix).filter(old).cloned() else { return };
        let (state, kind) = match gate(&plan, ix).map(|g| &g.condition) {
            Some(GateCondition::Approval(_)) => (GateState::Expired, EventKind::ApprovalExpired),
            Some(GateCondition::Check(_)) => (GateState::Idle, EventKind::GateClosed),
            Some(GateCondition::DependsOn(_) | GateCondition::Alarms(_) | GateCondition::Window(_) | GateCondition::Metric(_)) | None => {
                return;
            }
        };
        row.state = state;
        row.since = turn.now;
        row.expires_at = None;
        row.approvals.clear();
        row.reason = "it got old and is asked again".to_owned();
        self.put_gate(turn, row);
        self.emit_gate(turn, number, ix, kind, "it got old and is asked again");
    }

    pub(crate) fn approve(
        &mut self,
        turn: &mut Turn,
        number: ReleaseNumber,
        text: &str,
        digest: String,
        reason: String,
    ) -> Result<(), Rejected> {
        let (ix, approval, row) = self.decidable(turn, number, text)?;
        let given = self.vote(turn, number, &approval, digest, reason)?;
        let id = person(&turn.actor)?;
        if let Some(before) = row.approvals.iter().find(|a| person(&a.by).is_ok_and(|p| p == id)) {
            return Err(Rejected::AlreadyDecided { gate: text.to_owned(), by: display(&before.by) });
        }
        let mut row = row;
        let words = given.reason.clone();
        row.approvals.push(given);
        row.rejected = None;
        row.expires_at = Some(turn.now + approval.expires_ms);
        let count = u32::try_from(row.approvals.len()).unwrap_or(u32::MAX);
        let done = count >= approval.count.max(1);
        row.state = if done { GateState::Open } else { GateState::Closed };
        row.since = turn.now;
        row.reason = if done { format!("approved by {}", names(&row.approvals)) } else { waits_for(&approval, count) };
        self.put_gate(turn, row);
        self.emit_gate(turn, number, ix, EventKind::ApprovalGiven, &words);
        self.wake_doors(turn, number, ix);
        Ok(())
    }

    /// A person says no: the release waits, as rejected, for an approval, an override or a newer one.
    pub(crate) fn reject(&mut self, turn: &mut Turn, number: ReleaseNumber, text: &str, reason: String) -> Result<(), Rejected> {
        crate::core::needs_reason(&reason)?;
        let (ix, approval, mut row) = self.decidable(turn, number, text)?;
        let digest = self.release(number).map(|r| r.row.digest.clone()).unwrap_or_default();
        let given = self.may_decide(turn, number, &approval).map(|()| ApprovalGiven {
            by: turn.actor.clone(),
            at: turn.now,
            reason: reason.clone(),
            digest,
        })?;
        row.reason = format!("rejected by {}: {reason}", display(&turn.actor));
        row.state = GateState::Rejected;
        row.since = turn.now;
        row.approvals.clear();
        row.rejected = Some(given);
        row.expires_at = None;
        if self.gate(number, ix) == Some(&row) {
            return Ok(());
        }
        self.put_gate(turn, row);
        self.emit_gate(turn, number, ix, EventKind::ApprovalRejected, &reason);
        self.wake_doors(turn, number, ix);
        Ok(())
    }

    /// The gate, if it is an approval that was asked and is not decided for good.
    fn decidable(&self, turn: &Turn, number: ReleaseNumber, text: &str) -> Result<(NodeIx, Approval, GateRow), Rejected> {
        self.must_move(number)?;
        let ix = self.find_gate(number, text)?;
        let plan = self.plan_of(number);
        let not_waiting = || Rejected::NotWaiting { gate: text.to_owned() };
        let Some(GateCondition::Approval(approval)) = gate(&plan, ix).map(|g| &g.condition) else { return Err(not_waiting()) };
        let row = self.gate(number, ix).ok_or_else(not_waiting)?;
        match row.state {
            GateState::Idle | GateState::Expired | GateState::Unreadable => Err(not_waiting()),
            GateState::Closed if row.expires_at.is_some_and(|at| at <= turn.now) => Err(not_waiting()),
            GateState::Open => Err(Rejected::AlreadyDecided { gate: text.to_owned(), by: names(&row.approvals) }),
            GateState::Closed | GateState::Rejected => Ok((ix, approval.clone(), row.clone())),
        }
    }

    /// A yes is bound to what was seen (IF2).
    fn vote(
        &self,
        turn: &Turn,
        number: ReleaseNumber,
        approval: &Approval,
        digest: String,
        reason: String,
    ) -> Result<ApprovalGiven, Rejected> {
        let release = self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        let actual = release.seen_digest();
        if actual != digest {
            return Err(Rejected::DigestMismatch { given: digest, actual });
        }
        self.may_decide(turn, number, approval)?;
        let id = person(&turn.actor)?;
        if approval.no_self_approval && is_involved(&release.row, id) {
            return Err(Rejected::SelfApproval);
        }
        Ok(ApprovalGiven { by: turn.actor.clone(), at: turn.now, reason, digest })
    }

    fn may_decide(&self, turn: &Turn, number: ReleaseNumber, approval: &Approval) -> Result<(), Rejected> {
        self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        person(&turn.actor)?;
        if approval.from.is_empty() || approval.from.iter().any(|name| goes_by(&turn.actor, name)) {
            Ok(())
        } else {
            Err(Rejected::NotAnApprover(approval.from.clone()))
        }
    }
}

/// Four eyes: whoever made or started the release (IF1).
fn is_involved(row: &ReleaseRow, id: &PersonId) -> bool {
    row.involved.contains(id) || person(&row.created_by).is_ok_and(|creator| creator == id)
}

fn goes_by(actor: &Actor, wanted: &str) -> bool {
    match actor {
        Actor::Person { id, name, groups } => id.0 == wanted || name == wanted || groups.iter().any(|group| group == wanted),
        Actor::Token { .. } | Actor::Runner { .. } | Actor::Trigger { .. } | Actor::Engine => false,
    }
}

fn waits_for(approval: &Approval, given: u32) -> String {
    let from = if approval.from.is_empty() { String::new() } else { format!(" from {}", approval.from.join(", ")) };
    match approval.count.max(1) {
        1 => format!("waits for an approval{from}"),
        wanted => format!("waits for approvals{from}: {given} of {wanted}"),
    }
}

fn names(approvals: &[ApprovalGiven]) -> String {
    approvals.iter().map(|a| display(&a.by)).collect::<Vec<_>>().join(", ")
}

fn display(actor: &Actor) -> String {
    match actor {
        Actor::Person { name, .. } | Actor::Token { name, .. } => name.clone(),
        Actor::Runner { id } => id.clone(),
        Actor::Trigger { source } => source.clone(),
        Actor::Engine => "the engine".to_owned(),
    }
}
