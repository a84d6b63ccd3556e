//! From what is written to what is meant: names are looked up, texts are read, defaults are put in place.
//!
//! Everything that is wrong is reported and everything else is still looked at.

mod alarms;
mod artifacts;
mod aspects;
mod bakes;
mod circles;
mod deploys;
mod describe;
mod fragment;
mod gates;
mod inserts;
mod inventory;
mod jobs;
mod matrix;
mod names;
mod overrides;
mod queries;
mod shapes;
mod sources;
mod stages;
mod steps;
mod triggers;
mod used_blocks;
mod waves;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use describe::{Described, describe};
pub(crate) use fragment::{Joined, LoweredFragment, There, lower_fragment};
pub(crate) use inventory::REGISTRY;
pub(crate) use names::is_name;
pub(crate) use overrides::matches;
pub(crate) use shapes::ExtendsForm;
pub(crate) use steps::{first_line, step_shape};
pub(crate) use used_blocks::repository_path;

use crate::blocks::Block;
use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::Inventory;
use crate::lock::Lock;
use crate::policy::Kind;
use crate::text::{Node, Problem, Reader, Span, Spanned};
use crate::{Environment, SourceFile, file, model, plan};

const MOST_BARRIERS: usize = 32;

/// What the lowering of one file knows.
struct Lower<'a> {
    reader: &'a mut Reader,
    source: &'a SourceFile,
    /// Of the pipeline.
    name: &'a str,
    environment: &'a Environment,
    /// Inputs of the manual trigger.
    inputs: BTreeSet<String>,
    accounts: BTreeSet<String>,
    artifacts: BTreeMap<String, artifacts::Origin>,
    /// What the artifacts of a matrix are called, by the name in the file.
    spread_artifacts: BTreeMap<String, Vec<String>>,
    /// Artifacts that are built once per region.
    regional: model::Regional,
    /// By the position of the stage and of the job in it.
    spreads: BTreeMap<(usize, usize), matrix::Spread>,
    /// Where targets are picked that do not say so themselves.
    inventory: Option<Spanned<String>>,
    /// Inventories that were looked up, and what was found.
    inventories: BTreeMap<String, Option<Arc<Inventory>>>,
    /// By the name of the stage.
    derived: BTreeMap<String, plan::Derivation>,
    /// What was applied of the owner's additions.
    aspects: BTreeMap<String, plan::AppliedAspect>,
    /// The lock file of the repository, once it was asked for.
    lock: Option<Option<Lock>>,
    /// Blocks of the repository that were looked up, and what was found.
    local_blocks: BTreeMap<String, Option<Arc<Block>>>,
    /// Findings in other files than the pipeline's.
    elsewhere: Vec<Diagnostic>,
    digests: BTreeMap<String, String>,
    /// What the texts of the job that is being read name.
    named: model::Named,
    /// What is read is added to a plan.
    joined: Option<Joined>,
    /// Keys of jobs of the plan that the jobs of the stage need, by the place of the form.
    needs_there: BTreeMap<usize, BTreeSet<String>>,
    /// Those of the job that is being read.
    needs_now: BTreeSet<String>,
    /// What holds for every job of the pipeline.
    base: jobs::Base,
}

/// What a file's shape brings along.
#[derive(Default)]
pub(crate) struct Shaped {
    pub(crate) elsewhere: Vec<Diagnostic>,
    /// The digest of the shape, by its name.
    pub(crate) digests: BTreeMap<String, String>,
}

/// The file over the shape that it extends; none: the shape cannot be used, so that what the file alone lacks means nothing.
pub(crate) fn over_shape(
    root: Arc<Node>,
    source: &SourceFile,
    environment: &Environment,
    reader: &mut Reader,
) -> (Option<Arc<Node>>, Shaped) {
    if root.get("extends").is_none() {
        return (Some(root), Shaped::default());
    }
    let mut lower = Lower::new("", source, environment, reader);
    let merged = lower.over_shape(&root);
    (merged, Shaped { elsewhere: lower.elsewhere, digests: lower.digests })
}

/// Lowers the whole file. The second part are findings in blocks of the repository.
pub(crate) fn lower(
    form: &file::Pipeline,
    source: &SourceFile,
    environment: &Environment,
    reader: &mut Reader,
) -> (model::Pipeline, Vec<Diagnostic>) {
    let mut lower = Lower::new(&form.name.value, source, environment, reader);
    lower.inventory.clone_from(&form.inventory);
    let pipeline = lower.pipeline(form);
    (pipeline, lower.elsewhere)
}

impl<'a> Lower<'a> {
    fn new(name: &'a str, source: &'a SourceFile, environment: &'a Environment, reader: &'a mut Reader) -> Self {
        Self {
            reader,
            source,
            name,
            environment,
            inputs: BTreeSet::new(),
            accounts: BTreeSet::new(),
            artifacts: BTreeMap::new(),
            spread_artifacts: BTreeMap::new(),
            regional: model::Regional::new(),
            spreads: BTreeMap::new(),
            inventory: None,
            inventories: BTreeMap::new(),
            derived: BTreeMap::new(),
            aspects: BTreeMap::new(),
            lock: None,
            local_blocks: BTreeMap::new(),
            elsewhere: Vec::new(),
            digests: BTreeMap::new(),
            named: model::Named::default(),
            joined: None,
            needs_there: BTreeMap::new(),
            needs_now: BTreeSet::new(),
            base: jobs::Base::default(),
        }
    }
}

impl Lower<'_> {
    fn pipeline(&mut self, form: &file::Pipeline) -> model::Pipeline {
        self.name("a pipeline", &form.name);
        let triggers = self.triggers(form.triggers.as_ref(), form.preview.as_ref());
        let input_descriptions = form.triggers.as_ref().map(triggers::input_descriptions).unwrap_or_default();
        let accounts = self.accounts(form.accounts.as_ref());
        let notify = self.notify(form.notify.as_deref());
        let barriers = self.barriers(form.barriers.as_deref());
        let needs_barriers = self.barriers(form.needs_barriers.as_deref());
        let sources = self.sources(form.sources.as_ref());
        self.base = self.pipeline_base(form);
        self.spread_all(&form.stages.value);
        self.collect_artifacts(&form.stages.value);
        if form.stages.value.is_empty() {
            self.report(Problem::error(Code::EmptyStage, form.stages.span, "a pipeline needs a stage").expected("at least one stage"));
        }
        let mut seen = BTreeSet::new();
        for stage in &form.stages.value {
            self.unique(&mut seen, "stages", &stage.name);
        }
        let stages = form.stages.value.iter().enumerate().map(|(at, stage)| self.stage(at, stage)).collect();
        model::Pipeline {
            name: form.name.value.clone(),
            triggers,
            input_descriptions,
            accounts,
            notify,
            barriers,
            needs_barriers,
            stages,
            blocks: std::mem::take(&mut self.digests),
            derived: std::mem::take(&mut self.derived),
            regional: std::mem::take(&mut self.regional),
            sources,
            aspects: std::mem::take(&mut self.aspects),
        }
    }

    fn barriers(&mut self, names: Option<&[Spanned<String>]>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        if let Some(first) = names.and_then(|names| names.get(MOST_BARRIERS)) {
            let problem = Problem::error(Code::OutOfRange, first.span, "there are too many barriers here");
            self.report(problem.expected(format!("at most {MOST_BARRIERS}")));
        }
        for name in names.into_iter().flatten().take(MOST_BARRIERS) {
            self.name("a barrier", name);
            self.unique(&mut seen, "barriers", name);
        }
        seen
    }

    fn accounts(&mut self, form: Option<&crate::text::Map<file::Account>>) -> BTreeMap<String, plan::Account> {
        let mut accounts = BTreeMap::new();
        for (name, account) in form.iter().flat_map(|accounts| &accounts.entries) {
            self.name("an account", name);
            let id = &account.id.value;
            if !(4..=64).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                self.report(
                    Problem::error(Code::BadFormat, account.id.span, "this is not the id of an account")
                        .expected("4 to 64 letters, digits and `-`, in quotes: \"111111111111\""),
                );
            }
            for text in account.external_id.iter().chain([&account.role]) {
                self.inserted(&text.value, text.span, &inserts::Scope::settings());
            }
            self.touch(Kind::Account, id, account.id.span);
            self.touch(Kind::Role, &account.role.value, account.role.span);
            self.accounts.insert(name.value.clone());
            let lowered = plan::Account {
                id: id.clone(),
                role: account.role.value.clone(),
                external_id: account.external_id.as_ref().map(|external_id| external_id.value.clone()),
            };
            accounts.insert(name.value.clone(), lowered);
        }
        accounts
    }

    /// Reports what the policy does not allow.
    fn touch(&mut self, kind: Kind, value: &str, span: Span) {
        let Some((policy, subject)) = &self.environment.policy else { return };
        if let Err(refusal) = policy.check(subject, kind, value) {
            let problem = Problem::error(Code::NotAllowed, span, refusal.to_string());
            self.reader.report(problem.help("ask the owner of the server for a rule that allows it"));
        }
    }

    /// Only a server that can add to a plan may run `what`.
    fn splicing(&mut self, span: Span, what: &str) {
        if !self.environment.splices {
            let problem = Problem::error(Code::NotAvailable, span, format!("not available here: {what}"));
            self.report(problem.help("whoever runs this pipeline cannot add jobs to a release that is on its way"));
        }
    }

    fn report(&mut self, problem: Problem) {
        self.reader.report(problem);
    }

    /// The text that a span lies in.
    fn text_of(&self, span: Span) -> &str {
        self.reader.text_of(span.file).unwrap_or(&self.source.text)
    }

    /// The first place of `needle` in the text of `span`, or all of `span`.
    fn locate(&self, span: Span, needle: &str) -> Span {
        let written = self.text_of(span).get(span.start as usize..span.end as usize).unwrap_or_default();
        match written.find(needle) {
            Some(at) if !needle.is_empty() => span.part(at, needle.len()),
            _ => span,
        }
    }
}
