//! The people behind a revision, and whether its branch is kept from being changed without rules: what gates and production need to know.

use std::collections::BTreeSet;

use pipelines::plan::{GateCondition, NodeKind, Plan};

use super::{Engine, Error};
use crate::core::Pipeline;
use crate::core::id::PersonId;
use crate::core::row::ReleaseState;
use crate::ports::SourceError;
use crate::ports::forge::{ForgeError, place};
use crate::store::SourceRow;

/// What is refused where it is missing.
pub(super) const PROTECTED_BRANCH: &str = "protected branch";

impl Engine {
    /// Who may not approve the release, as the forge knows them; asked only where a gate makes a difference of it (IF1).
    pub(super) async fn involved_in(&self, source: &SourceRow, plan: &Plan, commit: &str) -> Result<Vec<PersonId>, Error> {
        let mut involved: BTreeSet<PersonId> = source.pull_request().map(|pull| pull.author).into_iter().collect();
        let asks = plan.nodes.iter().any(|node| {
            let NodeKind::Gate(gate) = &node.kind else { return false };
            matches!(&gate.condition, GateCondition::Approval(approval) if approval.no_self_approval)
        });
        let Some(forge) = self.forge_of(&source.url).filter(|_| asks) else { return Ok(involved.into_iter().collect()) };
        let last_good = |state: &Pipeline| {
            let completed = state.releases().filter(|release| release.row.state == ReleaseState::Completed);
            let newest = completed.max_by_key(|release| (release.row.order, release.row.number))?;
            newest
                .row
                .revisions
                .iter()
                .find(|revision| place(&revision.source) == place(&source.url))
                .map(|revision| revision.commit.clone())
        };
        let from = self.view(&source.pipeline, last_good).await?.or_else(|| source.head.as_ref().map(|head| head.commit.clone()));
        match forge.involved(&source.url, from.as_deref().filter(|from| *from != commit), commit).await {
            Ok(people) => involved.extend(people),
            Err(ForgeError::Later { detail, .. } | ForgeError::Never(detail)) => {
                let detail = format!("who had a hand in {} cannot be asked, and a gate needs to know: {detail}", super::short(commit));
                return Err(SourceError::Unreachable { url: source.url.clone(), detail }.into());
            }
        }
        Ok(involved.into_iter().collect())
    }

    /// IB8, where the owner asks for it: production is defined by a branch that its forge protects.
    pub(super) async fn defined_by_protected_branch(&self, source: &SourceRow, plan: &Plan) -> Result<(), Error> {
        let production = plan.stages.iter().find(|stage| stage.production);
        let Some(stage) = production.filter(|_| self.settings.requires_protected_branch && source.pull_request().is_none()) else {
            return Ok(());
        };
        let refused =
            |why: String| Error::Invalid { what: PROTECTED_BRANCH, detail: format!("stage {} is production, and {why}", stage.name) };
        let Some(forge) = self.forge_of(&source.url) else {
            return Err(refused(format!("no forge of this server can say whether {} is protected", source.branch)));
        };
        match forge.is_protected(&source.url, &source.branch).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(refused(format!("its definition would come from {}, which is not protected at its forge", source.branch))),
            Err(error) => {
                let detail = format!("whether {} is protected cannot be asked: {error}", source.branch);
                Err(SourceError::Unreachable { url: source.url.clone(), detail }.into())
            }
        }
    }
}
