use engine::core::Time;
use engine::core::id::ReleaseNumber;
pub use engine::store::{MemberState, UpgradeState};
use serde::{Deserialize, Serialize};

/// Which pipelines are made of which blocks, and how they go to other versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Fleet {
    /// Of the newest release of each pipeline, by pipeline and block.
    pub uses: Vec<BlockUse>,
    /// Newest first, at most 50.
    pub upgrades: Vec<Upgrade>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BlockUse {
    pub pipeline: String,
    pub release: ReleaseNumber,
    /// As in `uses` or `extends`.
    pub block: String,
    /// `sha256:…` of its content.
    pub digest: String,
    /// The name that the pipeline's file has, where the fleet put this version in its place.
    pub pinned_over: Option<String>,
}

/// A version of a shared block, as `tidegate blocks add` locks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockVersion {
    /// `git::https://host/org/repository//folder@v4`.
    pub name: String,
    /// 40 or 64 hexadecimal digits.
    pub commit: String,
    /// `sha256:…`; other content at that commit is refused.
    pub digest: String,
}

/// What a version would change in one pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UpgradePreview {
    pub pipeline: String,
    pub from: String,
    /// Of the plan, in words; empty: nothing.
    pub difference: String,
    /// Why there would be no plan.
    pub problem: Option<String>,
}

/// Brings a version to every pipeline that uses another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginUpgrade {
    pub to: BlockVersion,
    /// How many pipelines each wave has; the last size repeats. Without any: 1, 4, 16.
    #[serde(default)]
    pub sizes: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Upgrade {
    pub id: String,
    pub to: BlockVersion,
    pub state: UpgradeState,
    /// Why it is in that state, in words.
    pub reason: String,
    pub waves: Vec<Vec<UpgradedPipeline>>,
    pub created_by: String,
    pub created_at: Time,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UpgradedPipeline {
    pub pipeline: String,
    pub from: String,
    pub state: MemberState,
    pub release: Option<ReleaseNumber>,
    pub detail: String,
}

/// What becomes of an upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUpgrade {
    pub what: UpgradeChange,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeChange {
    /// Nothing further begins.
    Hold,
    /// It goes on; what failed is tried again.
    Resume,
    /// Every pin becomes what it was, and every pipeline that was reached gets a release of it.
    RollBack,
}
