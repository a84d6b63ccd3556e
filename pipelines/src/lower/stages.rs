use std::collections::{BTreeMap, BTreeSet};

use super::Lower;
use super::artifacts::{Consumer, Ended};
use super::inserts::Scope;
use super::jobs::Base;
use super::waves::Shared;
use crate::diagnostic::Code;
use crate::file::{self, LaneForm, LanePer, RollbackCause};
use crate::model::{Named, Stage};
use crate::plan::{self, Purpose};
use crate::policy::Kind;
use crate::text::{Placed as _, Problem, Span};

const WITHIN_MS: u64 = 20 * 60 * 1000;

impl Lower<'_> {
    pub(super) fn stage(&mut self, at: usize, form: &file::Stage) -> Stage {
        self.name("a stage", &form.name);
        let production = form.production.unwrap_or(false);
        let base = self.stage_base(form);
        let forms = form.all_jobs();
        let jobs = self.jobs((at, form), &forms, &base);
        let count = self.entries(at, &forms).len();
        let first = Consumer { stage: at, after: Ended::none(count) };
        let rest = Consumer { stage: at, after: Ended::all(count) };
        let mut gate_names = BTreeSet::new();
        let gates = self.gates(form.gates.as_deref().unwrap_or_default(), production, &mut gate_names);
        let mut alarm_names = BTreeSet::new();
        let alarms = self.alarms(form.alarms.as_deref().unwrap_or_default(), &Scope::alarm(), &mut alarm_names);
        let shared =
            Shared { production, base: &base, consumer: &rest, alarms: &alarms, alarm_names: &alarm_names, gate_names: &gate_names };
        let waves = self.waves(form, &shared);
        let targets: Vec<_> = waves.iter().flat_map(|wave| wave.targets.clone()).collect();
        let has_alarms = waves.iter().any(|wave| !wave.alarms.is_empty());
        let deploy = form.deploy.as_ref().and_then(|deploy| self.deploy(deploy, &base, &rest, &targets, has_alarms));
        let overrides = self.overrides(form, &base, &rest, &waves);
        let verify = form.verify.as_ref().map(|verify| self.task("verify", Purpose::Verify, verify, &base, &Scope::target(), &rest));
        let hooks = self.hooks(
            &[form.before.as_ref(), form.after.as_ref(), form.on_failure.as_ref(), form.finally.as_ref()],
            &base,
            &Scope::job(Vec::new()),
            [&first, &rest],
        );
        self.check_content(form);
        let (lane, lane_per_stage) = self.lane(form);
        let mut stage = Stage {
            name: form.name.value.clone(),
            production,
            guard: form.guard.unwrap_or(true),
            jobs,
            waves,
            gates,
            deploy,
            verify,
            overrides,
            rollback: rollback(form.rollback.as_ref()),
            lane,
            lane_per_stage,
            notify: self.notify(form.notify.as_deref()),
            hooks,
        };
        self.apply_aspects(form, &mut stage);
        let lanes: Vec<String> = if stage.lane_per_stage || form.waves.is_none() {
            vec![stage.name.clone()]
        } else {
            stage.waves.iter().map(|wave| format!("{}/{}", stage.name, wave.name)).collect()
        };
        for lane in lanes {
            self.touch(Kind::Lane, &lane, form.name.span);
        }
        stage
    }

    fn stage_base(&mut self, form: &file::Stage) -> Base {
        self.named = Named::default();
        // A stage's variables reach jobs with and without a target, so they may name what both have.
        let own: BTreeMap<String, String> = self.env(form.env.as_ref(), &Scope::job(Vec::new()));
        let mut env = self.base.env.clone();
        env.extend(own);
        let runs_on = form.runs_on.as_ref().map(|runs_on| self.runs_on(runs_on)).or_else(|| self.base.runs_on.clone());
        Base { env, runs_on }
    }

    /// Targets and a way to deploy to them come together.
    fn check_content(&mut self, form: &file::Stage) {
        let places = form.targets.as_ref().map(|targets| targets.span).or_else(|| form.waves.as_ref().map(|waves| waves.span));
        if !form.is_whole() {
            return;
        }
        match (places, &form.deploy) {
            (Some(span), None) => {
                let problem =
                    Problem::error(Code::NothingToDeploy, span, format!("the stage `{}` has targets and no `deploy`", form.name.value));
                self.report(problem.expected("`deploy: {uses: process/in-place, with: {…}}`"));
            }
            (None, Some(deploy)) => {
                let problem = Problem::error(
                    Code::NothingToDeploy,
                    deploy.uses.span,
                    format!("the stage `{}` deploys and has no targets", form.name.value),
                );
                self.report(problem.expected("`targets` or `waves`"));
            }
            (None, None) => self.check_without_targets(form),
            (Some(_), Some(_)) => {}
        }
    }

    fn check_without_targets(&mut self, form: &file::Stage) {
        let only_with_targets = [
            ("verify", form.verify.is_some()),
            ("overrides", form.overrides.is_some()),
            ("alarms", form.alarms.is_some()),
            ("bake", form.bake.is_some()),
            ("max_parallel", form.max_parallel.is_some()),
            ("rollback", form.rollback.is_some()),
        ];
        for (key, _) in only_with_targets.iter().filter(|(_, given)| *given) {
            let span = self.key_of(form.span(), key);
            let problem =
                Problem::error(Code::NothingToDeploy, span, format!("`{key}` needs targets, and the stage `{}` has none", form.name.value));
            self.report(problem.help(format!("remove `{key}`, or add `targets` and `deploy`")));
        }
        let hooks = form.before.is_some() || form.after.is_some();
        if form.all_jobs().is_empty() && form.gates.as_ref().is_none_or(Vec::is_empty) && !hooks {
            let problem = Problem::error(Code::EmptyStage, form.name.span, format!("the stage `{}` does nothing", form.name.value));
            self.report(problem.expected("`jobs`, or `targets` and `deploy`"));
        }
    }

    /// The first place where `key` stands as a key inside of `span`.
    fn key_of(&self, span: Span, key: &str) -> Span {
        let found = self.locate(span, &format!("{key}:"));
        if found == span { Span { end: span.start + 1, ..span } } else { found.part(0, key.len()) }
    }

    fn lane(&mut self, form: &file::Stage) -> (plan::LanePolicy, bool) {
        let (policy, per_stage) = match &form.lane {
            None => (None, false),
            Some(LaneForm::Policy(policy)) => (Some(policy), false),
            Some(LaneForm::Lane(lane)) => (lane.policy.as_ref(), lane.per == Some(LanePer::Stage)),
        };
        let deploys = form.targets.is_some() || form.waves.is_some();
        let lowered = match policy.map(|policy| policy.value) {
            None | Some(file::LanePolicy::Supersede) => plan::LanePolicy::Supersede,
            Some(file::LanePolicy::Queue) => plan::LanePolicy::Queue,
            Some(file::LanePolicy::Parallel) => plan::LanePolicy::Parallel,
        };
        if let Some(policy) = policy.filter(|_| deploys && lowered == plan::LanePolicy::Parallel) {
            let problem = Problem::error(Code::ParallelLane, policy.span, "a lane in front of targets lets one release in at a time");
            self.report(problem.expected("`supersede` or `queue`; `parallel` is for stages without targets"));
        }
        (lowered, per_stage)
    }
}

fn rollback(form: Option<&file::Rollback>) -> plan::RollbackPolicy {
    let has = |cause| form.and_then(|form| form.on.as_ref()).is_none_or(|on| on.contains(&cause));
    plan::RollbackPolicy {
        scope: match form.and_then(|form| form.scope) {
            Some(file::RollbackScope::Target) => plan::RollbackScope::Target,
            None | Some(file::RollbackScope::Wave) => plan::RollbackScope::Wave,
            Some(file::RollbackScope::Stage) => plan::RollbackScope::Stage,
        },
        on_alarm: has(RollbackCause::Alarm),
        on_failure: has(RollbackCause::Failure),
        after: match form.and_then(|form| form.after) {
            None | Some(file::AfterRollback::Next) => plan::AfterRollback::Next,
            Some(file::AfterRollback::Hold) => plan::AfterRollback::Hold,
        },
        within_ms: form.and_then(|form| form.within.as_ref()).map_or(WITHIN_MS, |within| within.value.ms),
        max_parallel: 0,
    }
}
