//! Shared blocks over all pipelines: who uses which version, what another one would change, and bringing it to them in waves.
//!
//! Invariant: an effect (a pin, a release) is made under a key that depends on the upgrade alone, before the upgrade says that it was
//! made; so a crash in between makes it again, once.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::lock::{SharedName, digest_of};
use pipelines::plan::Plan;
use pipelines::show::Difference;
use pipelines::{ExpandInput, Pin};
use serde_json::json;
use tracing::info;

use super::sources::FilePlace;
use super::{Engine, Error};
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::row::ReleaseRow;
use crate::core::{Actor, Trust};
use crate::ports::Repository;
use crate::store::{AuditNote, EventFilter, MemberState, UpgradeMember, UpgradeRow, UpgradeState};

/// The first wave is one pipeline, the second four; later ones repeat the last size.
const SIZES: [u32; 3] = [1, 4, 16];
const MOST_SIZES: usize = 100;

/// A block or shape that a pipeline's newest release was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub pipeline: PipelineId,
    pub name: String,
    pub release: ReleaseNumber,
    /// As in `uses`: shared with its version, built in, or of the repository.
    pub block: String,
    pub digest: String,
    /// The name that the file has, where a pin put this one in its place.
    pub pinned_over: Option<String>,
}

/// What another version would change in one pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub pipeline: PipelineId,
    pub name: String,
    pub from: String,
    /// Of the plan, in words; empty: nothing. Or why there would be no plan.
    pub difference: Result<String, String>,
}

impl Engine {
    /// What the newest release of each pipeline was made of, by the name of the pipeline and of the block.
    ///
    /// # Errors
    /// The store's.
    pub async fn fleet(&self) -> Result<Vec<Use>, Error> {
        let mut uses = Vec::new();
        for pipeline in self.followed_pipelines().await? {
            let Some((row, plan)) = self.newest(&pipeline).await? else { continue };
            let pins = self.store.pins(&pipeline).await?;
            for (block, digest) in &plan.blocks {
                let pinned_over = pins.iter().find(|(_, pin)| pin.name.to_string() == *block).map(|(written, _)| written.clone());
                uses.push(Use {
                    pipeline: pipeline.clone(),
                    name: plan.pipeline.clone(),
                    release: row.number,
                    block: block.clone(),
                    digest: digest.clone(),
                    pinned_over,
                });
            }
        }
        uses.sort_by(|one, other| (&one.name, &one.block).cmp(&(&other.name, &other.block)));
        Ok(uses)
    }

    /// What this version would change in every pipeline that uses another one of the same thing.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the content at the commit is not what the digest says, the source's when it cannot be read.
    pub async fn preview_upgrade(&self, to: &Pin) -> Result<Vec<Preview>, Error> {
        self.prove(to).await?;
        let mut previews = Vec::new();
        for (member, plan) in self.concerned(to).await? {
            let difference = match self.with_pin(&member, to).await {
                Ok(new) => Ok(Difference::between(&plan, &new).text()),
                Err(error) => Err(in_words(error)),
            };
            previews.push(Preview { pipeline: member.pipeline, name: member.name, from: member.from, difference });
        }
        Ok(previews)
    }

    /// Begins to bring a version to every pipeline that uses another one of the same thing; `sizes` of the waves, the last one repeats.
    ///
    /// # Errors
    /// [`Error::Invalid`]: nobody uses it, another upgrade of it is on its way, or its content is not what the digest says.
    pub async fn begin_upgrade(self: &Arc<Self>, actor: &Actor, to: Pin, sizes: &[u32]) -> Result<UpgradeRow, Error> {
        let invalid = |detail: String| Error::Invalid { what: "upgrade", detail };
        let sizes = if sizes.is_empty() { SIZES.as_slice() } else { sizes };
        if sizes.len() > MOST_SIZES || sizes.contains(&0) {
            return Err(invalid(format!("sizes of waves are 1 or more each, and at most {MOST_SIZES}")));
        }
        self.prove(&to).await?;
        let same = |other: &UpgradeRow| other.to.name.base() == to.name.base();
        if let Some(other) = self.store.open_upgrades().await?.into_iter().find(same) {
            return Err(invalid(format!("upgrade {} to {} has not ended; roll it back or let it end", other.id, other.to.name)));
        }
        let mut members = Vec::new();
        for (member, plan) in self.concerned(&to).await? {
            let targets: usize = plan.stages.iter().flat_map(|stage| &stage.waves).map(|wave| wave.rollouts.len()).sum();
            members.push((targets, member));
        }
        if members.is_empty() {
            return Err(invalid(format!("no pipeline uses another version of {}", to.name.base())));
        }
        // What reaches the fewest targets goes first.
        members.sort_by(|one, other| (one.0, &one.1.name).cmp(&(other.0, &other.1.name)));
        let now = self.clock().now();
        let upgrade = UpgradeRow {
            id: self.ports.ids.uuid(),
            waves: in_waves(members.into_iter().map(|(_, member)| member).collect(), sizes),
            to,
            state: UpgradeState::Rolling,
            reason: String::new(),
            created_by: EventFilter::actor_key(actor),
            created_at: now,
            version: 1,
        };
        let detail = json!({"to": upgrade.to.name.to_string(), "pipelines": upgrade.waves.iter().map(Vec::len).sum::<usize>()});
        self.store.add_upgrade(&upgrade, AuditNote::new(actor.clone(), "fleet.upgrade", &upgrade.id, detail, now)).await?;
        info!(upgrade.id, upgrade.to = %upgrade.to.name, "an upgrade begins");
        self.hints.fleet.notify_one();
        Ok(upgrade)
    }

    /// Holds an upgrade, resumes one that is held (what failed is tried again), or rolls it back: every pin becomes what it was, and every
    /// pipeline that was reached gets a release of its own version.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such upgrade, or it is in no state for that.
    pub async fn change_upgrade(&self, actor: &Actor, id: &str, to: UpgradeState, reason: &str) -> Result<UpgradeRow, Error> {
        for _ in 0..8 {
            let mut upgrade = self.upgrade(id).await?;
            let refused = |what: &str| Err(Error::Invalid { what: "upgrade", detail: format!("{id} {what}") });
            let action = match (upgrade.state, to) {
                (UpgradeState::Rolling, UpgradeState::Held) => "fleet.hold",
                (UpgradeState::Held, UpgradeState::Rolling) => {
                    for member in upgrade.waves.iter_mut().flatten().filter(|member| member.state == MemberState::Failed) {
                        member.state = MemberState::Waiting;
                        member.tries += 1;
                    }
                    "fleet.resume"
                }
                (UpgradeState::Rolling | UpgradeState::Held | UpgradeState::Done, UpgradeState::RollingBack) => "fleet.roll_back",
                (UpgradeState::Rolling, UpgradeState::Rolling) => return refused("is not held"),
                (UpgradeState::Held, UpgradeState::Held) => return refused("is held already"),
                _ => return refused("has ended, or is being rolled back"),
            };
            upgrade.state = to;
            reason.clone_into(&mut upgrade.reason);
            let now = self.clock().now();
            let note = AuditNote::new(actor.clone(), action, id, json!({"reason": reason}), now);
            if self.store.change_upgrade(&upgrade, note).await? {
                self.hints.fleet.notify_one();
                return self.upgrade(id).await;
            }
        }
        Err(Error::Conflict)
    }

    /// # Errors
    /// [`Error::Invalid`] when there is none.
    pub async fn upgrade(&self, id: &str) -> Result<UpgradeRow, Error> {
        let unknown = || Error::Invalid { what: "upgrade", detail: format!("there is no upgrade {id}") };
        self.store.upgrade(id).await?.ok_or_else(unknown)
    }

    /// Pipelines whose newest release uses another version of the same thing, with the plan of that release.
    async fn concerned(&self, to: &Pin) -> Result<Vec<(UpgradeMember, Arc<Plan>)>, Error> {
        let (base, wanted) = (to.name.base(), to.name.to_string());
        let mut concerned = Vec::new();
        for pipeline in self.followed_pipelines().await? {
            let Some((_, plan)) = self.newest(&pipeline).await? else { continue };
            let is_other = |name: &&String| **name != wanted && SharedName::parse(name).is_ok_and(|name| name.base() == base);
            let pins = self.store.pins(&pipeline).await?;
            for from in plan.blocks.keys().filter(is_other) {
                let written = pins.iter().find(|(_, pin)| pin.name.to_string() == *from).map_or(from, |(written, _)| written);
                let member = UpgradeMember {
                    pipeline: pipeline.clone(),
                    name: plan.pipeline.clone(),
                    written: written.clone(),
                    from: from.clone(),
                    state: MemberState::Waiting,
                    tries: 1,
                    release: None,
                    detail: String::new(),
                };
                concerned.push((member, Arc::clone(&plan)));
            }
        }
        Ok(concerned)
    }

    /// Those of branches: pull requests go by the pins of the pipeline that follows them.
    async fn followed_pipelines(&self) -> Result<Vec<PipelineId>, Error> {
        let mut followed = Vec::new();
        for pipeline in self.pipeline_ids().await? {
            if self.view(&pipeline, |state| state.row().pull_request.is_none()).await? {
                followed.push(pipeline);
            }
        }
        Ok(followed)
    }

    /// What goes over the versions of its file; of a pull request, what goes over those of the pipeline that follows it.
    pub(super) async fn pins_of(&self, pipeline: &PipelineId) -> Result<BTreeMap<String, Pin>, Error> {
        let parent = self.view(pipeline, |state| state.row().pull_request.as_ref().map(|of| of.parent.clone())).await?;
        Ok(self.store.pins(parent.as_ref().unwrap_or(pipeline)).await?)
    }

    /// The plan of the pipeline's head with this pin.
    async fn with_pin(&self, member: &UpgradeMember, to: &Pin) -> Result<Plan, Error> {
        let source = self.source_of(&member.pipeline).await?;
        let repository = Repository { url: source.url.clone() };
        let head = self.ports.source.head(&repository, &source.branch, None).await?;
        let mut pins = self.store.pins(&member.pipeline).await?;
        pins.insert(member.written.clone(), to.clone());
        let place =
            FilePlace { repository: &repository, branch: &source.branch, commit: &head.revision.commit, file: &source.path, pins: &pins };
        let compiled = self.compile_at(&place, Some(&member.name), Trust::Branch).await?;
        let inputs =
            compiled.inputs().into_iter().map(|(name, default)| (name.to_owned(), default.unwrap_or_default().to_owned())).collect();
        let input = ExpandInput { inputs, ..ExpandInput::default() };
        pipelines::expand(&compiled, &input).map_err(|error| Error::Invalid { what: "plan", detail: error.to_string() })
    }

    /// The newest release that was made, with its plan as it was made.
    pub(super) async fn newest(&self, pipeline: &PipelineId) -> Result<Option<(ReleaseRow, Arc<Plan>)>, Error> {
        let Some(row) = self.store.releases(pipeline, None, 1).await?.into_iter().next() else { return Ok(None) };
        Ok(self.store.release(pipeline, row.number).await?.map(|detail| (detail.release, detail.plan)))
    }

    /// What is pinned is what whoever asks has seen.
    async fn prove(&self, to: &Pin) -> Result<(), Error> {
        let folder = self.folder_at(&to.name, &to.locked.commit).await?;
        let found = digest_of(&folder);
        if found == to.locked.digest && !folder.is_empty() {
            return Ok(());
        }
        let detail = format!("{} at {} has the digest {found}, not {}", to.name, to.locked.commit, to.locked.digest);
        Err(Error::Invalid { what: "upgrade", detail })
    }
}

pub(super) fn in_words(error: Error) -> String {
    match error {
        Error::Diagnostics(found) => {
            let first = found.first().map(|finding| finding.message.clone()).unwrap_or_default();
            if found.len() > 1 { format!("{first} (and {} more)", found.len() - 1) } else { first }
        }
        other => other.to_string(),
    }
}

fn in_waves(members: Vec<UpgradeMember>, sizes: &[u32]) -> Vec<Vec<UpgradeMember>> {
    let mut waves = Vec::new();
    let mut rest = members.into_iter().peekable();
    while rest.peek().is_some() {
        let size = sizes.get(waves.len()).or_else(|| sizes.last()).copied().unwrap_or(1).max(1);
        waves.push(rest.by_ref().take(size as usize).collect());
    }
    waves
}
