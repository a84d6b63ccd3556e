use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addition, Alarm, AppliedAspect, Bake, Derivation, Gate, Job};

/// A position in [`Plan::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct NodeIx(pub u32);

/// A position in [`Plan::stages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct StageIx(pub u32);

/// A wave: its stage and its position in [`Stage::waves`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct WaveIx {
    pub stage: StageIx,
    pub wave: u32,
}

/// Everything that a release does on its way, fixed when it is created.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    pub pipeline: String,
    /// In the order of the path, stages that a job added last ([`Plan::path`]). Every stage has at least one wave; a stage without waves is one wave (L1).
    pub stages: Vec<Stage>,
    /// In an order in which every node stands after all that it needs; what waited for a job that added
    /// others needs those too, and they stand last.
    pub nodes: Vec<Node>,
    pub accounts: BTreeMap<String, Account>,
    pub triggers: Vec<Trigger>,
    pub notify: Vec<Notify>,
    /// Digests of the blocks that were used, by the name in `uses` (P1).
    pub blocks: BTreeMap<String, String>,
    /// Values of the manual trigger's inputs, defaults included: what `inputs.…` means in the texts of jobs.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Where revisions come from besides the pipeline's own repository, by name (P5).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Source>,
    /// Names of variables and secrets that any job asks for.
    pub vars: BTreeSet<String>,
    pub secrets: BTreeSet<String>,
    /// Stages whose waves or targets were derived, by name (W4).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub derived: BTreeMap<String, Derivation>,
    /// What the owner of the server added, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aspects: BTreeMap<String, AppliedAspect>,
    /// Steps of a change in two phases that this release carries: no rollback goes behind the release that first
    /// brought one of them to a target (X11).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub barriers: BTreeSet<String>,
    /// Barriers that must have been good at a target before this release may enter it (X11).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs_barriers: BTreeSet<String>,
    /// The environment of a pull request that the plan makes or removes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    /// What jobs added since the release was created (D1). Empty in the plan that the release's digest covers (P1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Addition>,
    /// The order of the path where it is not that of `stages`: an added stage stands last there. Empty: the order of `stages`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<StageIx>,
}

/// A named step on the path: build, beta, prod.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    pub name: String,
    pub production: bool,
    /// [`Milestone::StageStart`] and [`Milestone::StageEnd`].
    pub start: NodeIx,
    pub end: NodeIx,
    pub waves: Vec<Wave>,
    pub rollback: RollbackPolicy,
    pub notify: Vec<Notify>,
    /// Jobs outside the DAG that run when the stage ends badly, then those that run however it ends.
    pub on_failure: Vec<NodeIx>,
    pub finally: Vec<NodeIx>,
}

/// An ordered group of targets within a stage, or the one wave of a stage without waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Wave {
    /// `wave-1`, …, or the name in the file; empty for the one wave of a stage without waves.
    pub name: String,
    pub lane: Lane,
    /// The lane's door: [`Milestone::WaveStart`]. Everything else of the wave needs it.
    pub start: NodeIx,
    /// [`Milestone::WaveEnd`].
    pub end: NodeIx,
    /// The gates in front of this wave: those of its stage, then its own. A stage's gate node is
    /// shared by all its waves: asked once (G5), evaluated again at each (G3).
    pub gates: Vec<NodeIx>,
    /// In file order. Empty for a wave that deploys nowhere.
    pub rollouts: Vec<Rollout>,
    /// How many targets may be under way at once (W2); 0: all.
    pub max_parallel: u32,
    /// How many targets must be complete before the next wave (W1); none: all.
    pub at_least: Option<u32>,
    /// Watched from the first shift of a target to the end of its bake, and asked before entry (IC6).
    pub alarms: Vec<Alarm>,
    /// Jobs outside the DAG, as for a stage.
    pub on_failure: Vec<NodeIx>,
    pub finally: Vec<NodeIx>,
}

/// One target's part of a wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rollout {
    pub target: String,
    /// [`Milestone::TargetStart`] and [`Milestone::TargetEnd`].
    pub start: NodeIx,
    pub end: NodeIx,
    /// Every node between start and end, in order; bakes included.
    pub nodes: Vec<NodeIx>,
    /// The last job whose success means that the target runs this release (its bake comes after).
    pub deployed: NodeIx,
    /// A job outside the DAG: makes the target run *this* release as a rollback (X3, X5).
    pub rollback: NodeIx,
    /// A job outside the DAG: prints as outputs `release`, `version`, `health`, `in_progress` what runs there now (A3).
    pub inspect: NodeIx,
    /// Jobs outside the DAG.
    pub on_failure: Vec<NodeIx>,
    pub finally: Vec<NodeIx>,
}

/// A vertex of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// Unique in the plan, readable, stable between releases: `prod/wave-2/local/c/deploy`.
    pub key: String,
    pub stage: StageIx,
    /// None for the stage's own milestones and gates.
    pub wave: Option<WaveIx>,
    /// The target that this node belongs to.
    pub target: Option<String>,
    pub needs: Vec<NodeIx>,
    pub kind: NodeKind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    Job(Box<Job>),
    /// Not part of the DAG's edges: it belongs to the waves that name it.
    Gate(Box<Gate>),
    Bake(Box<Bake>),
    Milestone(Milestone),
}

/// The start or end of a stage, wave or target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    StageStart,
    StageEnd,
    WaveStart,
    WaveEnd,
    TargetStart,
    TargetEnd,
}

/// The serialised entry to a wave. Waves that name the same lane share one (`lane: {per: stage}`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lane {
    /// `prod/wave-1`, or `prod` for a lane of the whole stage. Unique in the pipeline.
    pub key: String,
    pub policy: LanePolicy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LanePolicy {
    /// The newest ready release goes in; older ones are superseded (L3).
    Supersede,
    /// Every release, oldest first (L9).
    Queue,
    /// Many at once; only for stages that deploy nowhere.
    Parallel,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RollbackPolicy {
    pub scope: RollbackScope,
    /// An alarm during rollout or bake, or a broken metric, acts by itself (X1).
    pub on_alarm: bool,
    /// A failed deploy or verify job acts by itself (X1).
    pub on_failure: bool,
    pub after: AfterRollback,
    /// A failure later than this after the stage ended no longer acts by itself (X9).
    pub within_ms: u64,
    /// How many targets go back at once; 0: all (X4).
    pub max_parallel: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollbackScope {
    Target,
    Wave,
    Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterRollback {
    /// Newer releases go on to be judged by the same alarms (X6).
    Next,
    /// The lane is held until a person lifts it.
    Hold,
}

/// An account that targets `name/region` live in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    pub id: String,
    pub role: String,
    /// May hold `${{ secrets.… }}`.
    pub external_id: Option<String>,
}

/// What makes a release start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    Push {
        branch: String,
        paths: Vec<String>,
    },
    /// `cron` has five fields; `timezone` is an IANA name.
    Schedule {
        cron: String,
        timezone: String,
    },
    /// Pull requests to the branch that is followed.
    PullRequest(PullRequests),
    /// By a person or the API, with typed inputs and their defaults.
    Manual {
        inputs: BTreeMap<String, Option<String>>,
    },
}

/// The environment of one pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    pub number: u64,
    /// `local/one/pr-7`.
    pub target: String,
    /// Where people see it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What takes it away, as it was when it was made; none: this plan takes it away itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Box<Plan>>,
}

/// How pull requests are followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullRequests {
    /// Only those that touch one of these, as globs; empty: all.
    pub paths: Vec<String>,
    /// None: checks only.
    pub preview: Option<PreviewSettings>,
}

/// The environment that each pull request gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreviewSettings {
    /// The stage whose deploy block makes it; none: the first that deploys.
    pub stage: Option<String>,
    /// The target beside which it stands; none: the first of that stage.
    pub target: Option<String>,
    /// Inputs of the block that are other than the stage's; `{number}` stands for the pull request's.
    pub with: BTreeMap<String, String>,
    /// Where people see it; `{number}` stands for the pull request's. None: as the block says.
    pub address: Option<String>,
    /// Without a push for so long, it is put to sleep.
    pub idle_sleep_ms: u64,
    /// Without a push for so long, it is removed.
    pub delete_after_ms: u64,
}

/// A further source of a release's revisions (P5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The head of a branch.
    Repository { url: String, branch: String },
    /// Releases of another pipeline that have completed a stage; none: their whole path.
    Pipeline { pipeline: String, stage: Option<String> },
}

/// Who is told of what. `on` holds names of event kinds (`failed`, `rolled_back`, `waiting_approval`, `completed`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notify {
    pub to: NotifyTo,
    pub on: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotifyTo {
    Slack(String),
    Email(String),
    /// CloudEvents 1.0 over HTTP POST.
    Webhook(String),
}

impl Plan {
    /// The node at `ix`. Ids come from this plan, so a foreign one is a bug and answers none.
    #[must_use]
    pub fn node(&self, ix: NodeIx) -> Option<&Node> {
        self.nodes.get(ix.0 as usize)
    }

    #[must_use]
    pub fn stage(&self, ix: StageIx) -> Option<&Stage> {
        self.stages.get(ix.0 as usize)
    }

    #[must_use]
    pub fn wave(&self, ix: WaveIx) -> Option<&Wave> {
        self.stage(ix.stage)?.waves.get(ix.wave as usize)
    }

    /// Every stage in the order of the path.
    pub fn stages_on_path(&self) -> impl Iterator<Item = (StageIx, &Stage)> {
        let in_order = if self.path.is_empty() { 0..self.stages.len() } else { 0..0 };
        let in_order = in_order.map(|at| StageIx(u32::try_from(at).unwrap_or(u32::MAX)));
        in_order.chain(self.path.iter().copied()).filter_map(|ix| Some((ix, self.stage(ix)?)))
    }

    /// Where a stage or wave stands on the path: what comes later compares greater.
    #[must_use]
    pub fn place(&self, wave: WaveIx) -> (usize, u32) {
        let at = if self.path.is_empty() { None } else { self.path.iter().position(|ix| *ix == wave.stage) };
        (at.unwrap_or(wave.stage.0 as usize), wave.wave)
    }

    /// Every wave in the order of the path.
    pub fn waves(&self) -> impl Iterator<Item = (WaveIx, &Stage, &Wave)> {
        self.stages_on_path()
            .flat_map(|(ix, stage)| stage.waves.iter().zip(0..).map(move |(wave, at)| (WaveIx { stage: ix, wave: at }, stage, wave)))
    }
}
