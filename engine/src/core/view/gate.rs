use pipelines::plan::{GateCondition, Node, NodeIx, NodeKind};
use serde::{Deserialize, Serialize};

use super::Viewer;
use crate::core::Actor;
use crate::core::Time;
use crate::core::release::Release;
use crate::core::row::{ApprovalGiven, GateRow, GateState};

/// What a gate asks (G1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateKind {
    DependsOn,
    Alarms,
    Window,
    Metric,
    Check,
    Approval,
}

/// One gate of one release, with its reason and what the viewer can do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GateView {
    /// Names it in requests.
    pub key: String,
    pub name: String,
    pub kind: GateKind,
    pub state: GateState,
    pub reason: String,
    pub since: Option<Time>,
    /// When it opens next, where known (G4).
    pub opens_at: Option<Time>,
    pub asked_at: Option<Time>,
    pub expires_at: Option<Time>,
    /// Approval: how many people are needed and who may be one of them; empty: anybody who may approve.
    pub needed: Option<u32>,
    pub from: Vec<String>,
    pub approvals: Vec<ApprovalGiven>,
    pub rejected: Option<ApprovalGiven>,
    pub overridden: bool,
    pub can_act: bool,
    /// Why the viewer cannot, when the gate waits for somebody.
    pub cannot_because: Option<String>,
}

impl GateKind {
    #[must_use]
    pub fn of(condition: &GateCondition) -> Self {
        match condition {
            GateCondition::DependsOn(_) => Self::DependsOn,
            GateCondition::Alarms(_) => Self::Alarms,
            GateCondition::Window(_) => Self::Window,
            GateCondition::Metric(_) => Self::Metric,
            GateCondition::Check(_) => Self::Check,
            GateCondition::Approval(_) => Self::Approval,
        }
    }

    /// The word that wait reasons use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DependsOn => "depends_on",
            Self::Alarms => "alarms",
            Self::Window => "window",
            Self::Metric => "metric",
            Self::Check => "check",
            Self::Approval => "approval",
        }
    }
}

/// The gate at `ix` as it stands for `release`; none when that node is no gate.
pub(super) fn view(release: &Release, ix: NodeIx, viewer: &Viewer) -> Option<GateView> {
    let row = release.gates.get(&ix);
    of(release.plan.node(ix)?, row, &release.row.involved, viewer)
}

pub(super) fn of(node: &Node, row: Option<&GateRow>, involved: &[crate::core::id::PersonId], viewer: &Viewer) -> Option<GateView> {
    let NodeKind::Gate(gate) = &node.kind else { return None };
    let kind = GateKind::of(&gate.condition);
    let obstacle = obstacle(&gate.condition, row, involved, viewer);
    let approval = match &gate.condition {
        GateCondition::Approval(approval) => Some(approval),
        GateCondition::DependsOn(_)
        | GateCondition::Alarms(_)
        | GateCondition::Window(_)
        | GateCondition::Metric(_)
        | GateCondition::Check(_) => None,
    };
    Some(GateView {
        key: node.key.clone(),
        name: gate.name.clone(),
        kind,
        state: row.map_or(GateState::Idle, |row| row.state),
        reason: row.map(|row| row.reason.clone()).unwrap_or_default(),
        since: row.map(|row| row.since),
        opens_at: row.and_then(|row| row.opens_at),
        asked_at: row.and_then(|row| row.asked_at),
        expires_at: row.and_then(|row| row.expires_at),
        needed: approval.map(|approval| approval.count),
        from: approval.map(|approval| approval.from.clone()).unwrap_or_default(),
        approvals: row.map(|row| row.approvals.clone()).unwrap_or_default(),
        rejected: row.and_then(|row| row.rejected.clone()),
        overridden: row.is_some_and(|row| row.overridden),
        can_act: obstacle.is_none(),
        cannot_because: obstacle.filter(|text| !text.is_empty()),
    })
}

/// What keeps the viewer from acting; an empty text when the gate waits for nobody.
fn obstacle(condition: &GateCondition, row: Option<&GateRow>, involved: &[crate::core::id::PersonId], viewer: &Viewer) -> Option<String> {
    let waits = row.is_some_and(|row| match row.state {
        GateState::Closed | GateState::Expired | GateState::Rejected => true,
        GateState::Idle | GateState::Open | GateState::Unreadable => false,
    });
    match condition {
        GateCondition::Approval(_) | GateCondition::Check(_) if !waits => Some(String::new()),
        GateCondition::Approval(_) | GateCondition::Check(_) if !viewer.may_approve => Some("your role may not approve".to_owned()),
        GateCondition::Check(_) => None,
        GateCondition::Approval(approval) => {
            let Some(person) = &viewer.person else { return Some("only a person can approve".to_owned()) };
            if !approval.from.is_empty() && !approval.from.iter().any(|name| viewer.groups.contains(name)) {
                return Some(format!("only members of {} may approve", approval.from.join(", ")));
            }
            if approval.no_self_approval && involved.contains(person) {
                return Some("you made or started one of its commits".to_owned());
            }
            let given =
                row.is_some_and(|row| row.approvals.iter().any(|given| matches!(&given.by, Actor::Person { id, .. } if id == person)));
            given.then(|| "you have approved it".to_owned())
        }
        GateCondition::DependsOn(_) | GateCondition::Alarms(_) | GateCondition::Window(_) | GateCondition::Metric(_) => Some(String::new()),
    }
}
