use pipelines::dynamic::Fragment;
use pipelines::plan::{Class, Job, NodeKind, Plan, Stage};
use serde::{Deserialize, Serialize};

/// Whose word a release is. Decided when it is admitted, from what the forge's API says, and never changed (D6, IB8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Of the branch that the pipeline follows.
    #[default]
    Branch,
    /// Of a pull request by somebody who may write to the repository, or that a person approved at this very commit.
    PullRequest,
    /// Of a fork, and nobody approved this commit: no secrets, no identity, no deployment.
    Fork,
}

impl Trust {
    #[must_use]
    pub fn is_untrusted(self) -> bool {
        self == Self::Fork
    }

    /// As tags and policies name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::PullRequest => "pull_request",
            Self::Fork => "fork",
        }
    }

    /// What a plan asks for that a release of this trust does not get; none: nothing.
    #[must_use]
    pub fn excess(self, plan: &Plan) -> Option<String> {
        let preview = plan.preview.as_ref().map(|preview| preview.target.as_str());
        let jobs = plan.nodes.iter().filter_map(|node| if let NodeKind::Job(job) = &node.kind { Some((&*node.key, &**job)) } else { None });
        self.beyond(&plan.stages, jobs, preview)
    }

    /// The same of what a job adds to a plan (D3).
    #[must_use]
    pub fn excess_added(self, fragment: &Fragment) -> Option<String> {
        let nodes = fragment.nodes.iter();
        let jobs = nodes.filter_map(|node| if let NodeKind::Job(job) = &node.kind { Some((&*node.key, &**job)) } else { None });
        self.beyond(&fragment.stages, jobs.chain(fragment.jobs.iter().map(|added| (&*added.key, &added.job))), None)
    }

    fn beyond<'p>(self, stages: &[Stage], mut jobs: impl Iterator<Item = (&'p str, &'p Job)>, preview: Option<&str>) -> Option<String> {
        if self == Self::Branch {
            return None;
        }
        if let Some(stage) = stages.iter().find(|stage| stage.production) {
            let name = &stage.name;
            return Some(format!("stage {name} is production, and its definition comes from the branch that is followed only (IB8)"));
        }
        let mut targets = stages.iter().flat_map(|stage| &stage.waves).flat_map(|wave| &wave.rollouts).map(|rollout| &*rollout.target);
        if let Some(target) = targets.find(|target| self == Self::Fork || Some(*target) != preview) {
            return Some(format!("it would deploy to {target}, which is not the preview of a pull request that may have one (D6)"));
        }
        if self != Self::Fork {
            return None;
        }
        jobs.find_map(|(key, job)| {
            if let Some(name) = job.secrets.first() {
                return Some(format!("{key} names the secret {name}, and what comes from a fork gets none (D6)"));
            }
            if job.id_token.is_some() {
                return Some(format!("{key} wants an identity token, and what comes from a fork has no identity (D6)"));
            }
            (job.account.is_some() || job.class == Class::Target)
                .then(|| format!("{key} acts at a target, and what comes from a fork has no identity (D6)"))
        })
    }
}
