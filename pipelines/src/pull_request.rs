//! What a pull request runs of a pipeline file: its checks, and an environment of its own beside one of the file's targets.
//!
//! Pure, as everything here: the same file, settings and number make the same plans. How pull requests are followed, and where
//! a preview stands, is said by `settings`, which come from the branch that is followed, never from the pull request (IB8).

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::blocks::{Given, Input, Verb};
use crate::expand::{ExpandError, ExpandInput, expand};
use crate::file::PreviewChange;
use crate::model::{Deploy, Hooks, Override, Pipeline, Stage, Strategy, Target, Wave};
use crate::plan::{LanePolicy, NodeKind, Plan, Preview, PreviewSettings, PullRequests, Trigger};

/// The stage of the preview.
const STAGE: &str = "preview";
/// Where jobs of forks run: never beside jobs that hold anything (abuse case 2).
pub const FORKS_POOL: &str = "forks";

/// Why a pull request runs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PullRequestError {
    #[error("there is nothing to run: no stage that deploys nowhere stands before the first that deploys")]
    Nothing,
    #[error("no stage deploys, so there can be no preview")]
    NoDeploy,
    #[error("the preview is to be made as stage `{0}` is, and no such stage deploys")]
    NoStage(String),
    #[error("the preview would stand beside the production target `{0}`; name another one with `preview: {{targets: […]}}`")]
    Production(String),
    #[error("the block `{0}` cannot remove what it deployed (its verb `destroy` does nothing), so it makes no previews")]
    NoDestroy(String),
    #[error("the block `{block}` has no input `{input}`")]
    UnknownInput { block: String, input: String },
    #[error("the input `{0}` must be another one for each preview; give it with `preview: {{with: …}}` and `{{number}}` in it")]
    SameInput(String),
    #[error(
        "the block `{block}` would deploy the preview to the very thing that the target is, and remove that with it; say where else with \
         `preview: {{with: …}}` and `{{number}}` in one of: {inputs}"
    )]
    SamePlace { block: String, inputs: String },
    #[error("the preview needs the artifact `{0}`, which none of the stages before it leaves")]
    NoArtifact(String),
    #[error(transparent)]
    Expand(#[from] ExpandError),
}

/// The plan of pull request `number`. What is not trusted has checks only, in a pool of their own.
///
/// The plan holds what takes its preview away, so that it is run as it was when the preview was made, whatever the file says then.
///
/// # Errors
/// Why there is nothing to run.
pub fn plan(pipeline: &Pipeline, settings: &PullRequests, number: u64, is_trusted: bool) -> Result<Plan, PullRequestError> {
    let preview = settings.preview.as_ref().filter(|_| is_trusted);
    let template = preview.map(|preview| template(pipeline, preview)).transpose()?;
    let deploying = pipeline.stages.iter().position(|stage| stage.deploy.is_some()).unwrap_or(pipeline.stages.len());
    let until = template.map_or(deploying, |(at, _)| at);
    let is_check = |stage: &&Stage| stage.deploy.is_none() && !stage.production;
    let mut stages: Vec<Stage> = pipeline.stages.iter().take(until).filter(is_check).cloned().collect();
    stages.iter_mut().for_each(|stage| stage.notify.clear());
    let Some((preview, (_, template))) = preview.zip(template) else {
        if stages.is_empty() {
            return Err(PullRequestError::Nothing);
        }
        let mut plan = expanded(pipeline, stages, None)?;
        if !is_trusted {
            plan.nodes.iter_mut().filter_map(job_of).for_each(|job| FORKS_POOL.clone_into(&mut job.runs_on.pool));
        }
        return Ok(plan);
    };
    let name = if stages.iter().any(|stage| stage.name == STAGE) { "preview-environment" } else { STAGE };
    let made = Environment::beside(pipeline, template, preview, number)?;
    let shown = |removal| Preview { number, target: made.target.name.clone(), address: made.address.clone(), removal };
    let removal = expanded(pipeline, vec![made.removal(name)?], Some(shown(None)))?;
    stages.push(made.stage(name, template));
    let plan = expanded(pipeline, stages, Some(shown(Some(Box::new(removal)))))?;
    match missing_artifact(&plan) {
        Some(name) => Err(PullRequestError::NoArtifact(name)),
        None => Ok(plan),
    }
}

fn job_of(node: &mut crate::plan::Node) -> Option<&mut crate::plan::Job> {
    if let NodeKind::Job(job) = &mut node.kind { Some(job) } else { None }
}

/// What the plan of a pull request names that no stage of the followed branch's plan names outside of production: an account
/// or role, or a secret. Whoever may open a pull request does not get at more by editing the file (abuse case 1).
#[must_use]
pub fn beyond(plan: &Plan, base: &Plan) -> Vec<String> {
    let known = Named::of(base, |stage| !stage.production);
    let wanted = Named::of(plan, |_| true);
    let secrets = wanted.secrets.difference(&known.secrets).map(|name| format!("the secret `{name}`"));
    let accounts = wanted.accounts.difference(&known.accounts).map(|(id, role)| format!("the role `{role}` in the account {id}"));
    secrets.chain(accounts).collect()
}

#[derive(Default)]
struct Named {
    secrets: BTreeSet<String>,
    accounts: BTreeSet<(String, String)>,
}

impl Named {
    fn of(plan: &Plan, is_meant: impl Fn(&crate::plan::Stage) -> bool) -> Self {
        let mut named = Self::default();
        for node in &plan.nodes {
            let NodeKind::Job(job) = &node.kind else { continue };
            if !plan.stage(node.stage).is_some_and(&is_meant) {
                continue;
            }
            named.secrets.extend(job.secrets.iter().cloned());
            let account = job.account.as_ref().and_then(|name| plan.accounts.get(name));
            named.accounts.extend(account.map(|account| (account.id.clone(), account.role.clone())));
        }
        named
    }
}

fn template<'p>(pipeline: &'p Pipeline, preview: &PreviewSettings) -> Result<(usize, &'p Stage), PullRequestError> {
    let mut deploying = pipeline.stages.iter().enumerate().filter(|(_, stage)| stage.deploy.is_some());
    match &preview.stage {
        Some(name) => deploying.find(|(_, stage)| stage.name == *name).ok_or_else(|| PullRequestError::NoStage(name.clone())),
        None => deploying.next().ok_or(PullRequestError::NoDeploy),
    }
}

/// One environment: a target of its own, and how it is deployed to.
struct Environment {
    target: Target,
    deploy: Deploy,
    overrides: BTreeMap<String, Override>,
    address: Option<String>,
}

impl Environment {
    fn beside(pipeline: &Pipeline, template: &Stage, preview: &PreviewSettings, number: u64) -> Result<Self, PullRequestError> {
        let deploy = template.deploy.as_ref().ok_or(PullRequestError::NoDeploy)?;
        let first = template.waves.iter().flat_map(|wave| &wave.targets).next().map(|target| target.name.as_str());
        let old = preview.target.as_deref().or(first).ok_or(PullRequestError::NoDeploy)?;
        if template.production && preview.target.is_none() {
            return Err(PullRequestError::Production(old.to_owned()));
        }
        let account = old.split('/').next().filter(|name| pipeline.accounts.contains_key(*name)).map(str::to_owned);
        let target = Target { name: name_beside(old, number), account };
        let change = Change { old, new: &target.name, preview, number };
        let deploy = change.deploy(deploy)?;
        let own = template.overrides.get(old);
        let own = own.map(|own| {
            Ok::<_, PullRequestError>(Override {
                deploy: own.deploy.as_ref().map(|own| change.deploy(own)).transpose()?,
                verify: own.verify.clone(),
                bake: None,
            })
        });
        let overrides: BTreeMap<_, _> = own.transpose()?.map(|own| (target.name.clone(), own)).into_iter().collect();
        let used = overrides.get(&target.name).and_then(|own| own.deploy.as_ref()).unwrap_or(&deploy);
        let address = preview.address.as_ref().map(|address| numbered(address, number));
        let address = address.or_else(|| used.block.address(&target.name)).filter(|address| !address.contains("${{"));
        Ok(Self { target, deploy, overrides, address })
    }

    fn stage(&self, name: &str, template: &Stage) -> Stage {
        let hooks = template.waves.first().map(|wave| wave.hooks.clone()).unwrap_or_default();
        Stage {
            jobs: template.jobs.clone(),
            verify: template.verify.clone(),
            overrides: self.overrides.clone(),
            hooks: template.hooks.clone(),
            ..self.bare(name, template.rollback.clone(), self.deploy.clone(), hooks)
        }
    }

    fn removal(&self, name: &str) -> Result<Stage, PullRequestError> {
        let own = self.overrides.get(&self.target.name).and_then(|own| own.deploy.as_ref()).unwrap_or(&self.deploy);
        if own.block.steps(Verb::Destroy, Some(&self.target.name)).is_empty() {
            return Err(PullRequestError::NoDestroy(own.block.block.name().to_owned()));
        }
        let mut deploy = Deploy { strategy: Strategy::Removal, hooks: Hooks::default(), ..own.clone() };
        // What was built may be gone by then.
        deploy.job.artifacts_in.clear();
        let rollback = crate::plan::RollbackPolicy {
            scope: crate::plan::RollbackScope::Target,
            on_alarm: false,
            on_failure: false,
            after: crate::plan::AfterRollback::Next,
            within_ms: 0,
            max_parallel: 0,
        };
        Ok(self.bare(name, rollback, deploy, Hooks::default()))
    }

    /// Nothing watches a preview and nobody is asked for it: who may push may see.
    fn bare(&self, name: &str, rollback: crate::plan::RollbackPolicy, deploy: Deploy, hooks: Hooks) -> Stage {
        let wave = Wave {
            name: String::new(),
            targets: vec![self.target.clone()],
            max_parallel: 0,
            at_least: None,
            gates: Vec::new(),
            bake: None,
            alarms: Vec::new(),
            hooks,
        };
        Stage {
            name: name.to_owned(),
            production: false,
            guard: false,
            jobs: Vec::new(),
            waves: vec![wave],
            gates: Vec::new(),
            deploy: Some(deploy),
            verify: None,
            overrides: BTreeMap::new(),
            rollback: crate::plan::RollbackPolicy { on_alarm: false, on_failure: false, ..rollback },
            lane: LanePolicy::Supersede,
            lane_per_stage: true,
            notify: Vec::new(),
            hooks: Hooks::default(),
        }
    }
}

/// What is other in a preview than at the target beside which it stands.
struct Change<'c> {
    old: &'c str,
    new: &'c str,
    preview: &'c PreviewSettings,
    number: u64,
}

impl Change<'_> {
    fn deploy(&self, deploy: &Deploy) -> Result<Deploy, PullRequestError> {
        let mut deploy = Deploy { strategy: Strategy::Whole, between: None, ..deploy.clone() };
        let block = std::sync::Arc::clone(&deploy.block.block);
        let is_named = |name: &str| block.inputs().iter().any(|input| input.name == name || input.alias.as_deref() == Some(name));
        if let Some(input) = self.preview.with.keys().find(|name| !is_named(name)) {
            return Err(PullRequestError::UnknownInput { block: block.name().to_owned(), input: input.clone() });
        }
        let own = |input: &Input| self.preview.with.get(&input.name).or_else(|| self.preview.with.get(input.alias.as_ref()?));
        let places: Vec<&Input> = block.inputs().iter().filter(|input| input.preview == Some(PreviewChange::Place)).collect();
        let is_other = |text: &String| text.contains("{number}") || text.contains("${{");
        // The file may name things by their target anyway.
        let follows = |input: &Input| {
            let given = deploy.block.values.get(&input.name).and_then(|given| given.text_for(Some(self.old)));
            given.is_some_and(|text| text.contains("target."))
        };
        if !places.is_empty() && !places.iter().any(|input| own(input).is_some_and(is_other) || follows(input)) {
            let inputs = places.iter().map(|input| format!("`{}`", input.name)).collect::<Vec<_>>().join(", ");
            return Err(PullRequestError::SamePlace { block: block.name().to_owned(), inputs });
        }
        for input in block.inputs() {
            if let Some(own) = own(input) {
                deploy.block.values.insert(input.name.clone(), Given::Text(numbered(own, self.number)));
                continue;
            }
            let Some(given) = deploy.block.values.get_mut(&input.name) else { continue };
            if matches!(given, Given::PerTarget(_)) {
                let own = given.text_for(Some(self.old)).map(str::to_owned);
                *given = Given::PerTarget(own.map(|own| (self.new.to_owned(), own)).into_iter().collect());
            }
            let Some(change) = input.preview else { continue };
            let Some(text) = given.text_for(Some(self.new)).filter(|text| !text.is_empty() && *text != "0") else { continue };
            let text = match change {
                PreviewChange::AddNumber => {
                    let value = text.parse::<u64>().map_err(|_| PullRequestError::SameInput(input.name.clone()))?;
                    value.saturating_add(self.number).to_string()
                }
                PreviewChange::AppendNumber => format!("{text}-pr-{}", self.number),
                PreviewChange::Place => continue,
            };
            *given = Given::Text(text);
        }
        Ok(deploy)
    }
}

/// `local/one/pr-7` beside `local/one`; what names a unit already gets another name.
fn name_beside(target: &str, number: u64) -> String {
    let separator = if target.split('/').count() == 2 { '/' } else { '-' };
    format!("{target}{separator}pr-{number}")
}

fn numbered(text: &str, number: u64) -> String {
    text.replace("{number}", &number.to_string())
}

fn expanded(pipeline: &Pipeline, stages: Vec<Stage>, preview: Option<Preview>) -> Result<Plan, ExpandError> {
    let own = Pipeline {
        // What a person may give by hand has its defaults; nothing else starts anything here.
        triggers: pipeline.triggers.iter().filter(|trigger| matches!(trigger, Trigger::Manual { .. })).cloned().collect(),
        notify: Vec::new(),
        barriers: BTreeSet::new(),
        needs_barriers: BTreeSet::new(),
        derived: BTreeMap::new(),
        stages,
        ..pipeline.clone()
    };
    let plan = expand(&own, &ExpandInput::default())?;
    Ok(Plan { triggers: Vec::new(), preview, ..plan })
}

fn missing_artifact(plan: &Plan) -> Option<String> {
    let jobs = || plan.nodes.iter().filter_map(|node| if let NodeKind::Job(job) = &node.kind { Some(job) } else { None });
    let left: BTreeSet<&str> = jobs().flat_map(|job| &job.artifacts_out).map(|artifact| artifact.name.as_str()).collect();
    jobs().flat_map(|job| &job.artifacts_in).map(|artifact| &artifact.name).find(|name| !left.contains(name.as_str())).cloned()
}
