use super::Lower;
use super::artifacts::Consumer;
use super::inserts::Scope;
use super::jobs::{Base, Settings, blank};
use crate::blocks::{Block, Given, Invocation, Verb};
use crate::diagnostic::Code;
use crate::file::{self, RollingForm, StrategyForm, StrategyName};
use crate::model::{Deploy, Hooks, Named, Strategy, Target};
use crate::plan::{self, Purpose};
use crate::text::{Percent, Placed as _, Problem, Span, Spanned, shortened};

/// "At most 33 % in a batch" takes four equal ones.
const BATCHES: u32 = 4;
const MOST_BATCHES: u32 = 100;
const MOST_INCREMENTS: usize = 50;
const VERBS: [Verb; 7] = [Verb::Inspect, Verb::Prepare, Verb::Shift, Verb::Health, Verb::Finish, Verb::Rollback, Verb::Destroy];

impl Lower<'_> {
    pub(super) fn deploy(
        &mut self,
        form: &file::Deploy,
        base: &Base,
        consumer: &Consumer,
        targets: &[Target],
        has_alarms: bool,
    ) -> Option<Deploy> {
        let scope = Scope::target();
        let hooks = self.hooks(
            &[form.before.as_ref(), form.after.as_ref(), form.on_failure.as_ref(), form.finally.as_ref()],
            base,
            &scope,
            [consumer, consumer],
        );
        let condition = form.condition.as_ref().map(|condition| self.condition(&condition.value.0, condition.span, &Scope::plan()));
        self.named = Named::default();
        let mut job = blank("deploy", Purpose::Deploy { percent: 100 }, base);
        job.env.extend(self.env(form.env.as_ref(), &scope));
        let settings = Settings {
            condition: None,
            runs_on: form.runs_on.as_ref(),
            container: form.container.as_ref(),
            timeout: form.timeout.as_ref(),
            retry: None,
            id_token: form.id_token.as_ref(),
        };
        self.settings(&mut job, &settings, &scope);
        let container = std::mem::take(&mut self.named);
        job.artifacts_in = self.artifacts_in(form.uses_artifacts.as_ref(), consumer, true);
        let block = self.used_block(&form.uses);
        let (strategy, between) = self.strategy(form.strategy.as_ref(), block.as_deref(), has_alarms);
        let block = block?;
        let before = self.reader.reported();
        let mut invocation = self.invocation(&block, form, targets, consumer, &scope);
        let artifacts = invocation.artifacts();
        self.of_regions(&mut invocation, targets, form.uses.span);
        for name in artifacts {
            if !job.artifacts_in.iter().any(|artifact| artifact.name == name) {
                job.artifacts_in.push(plan::ArtifactIn { name, path: String::new() });
            }
        }
        job.checkout = block.checkout();
        // Inputs are named where a verb inserts them, not by every job.
        self.named = container;
        self.finish(&mut job);
        let first = targets.first().map(|target| target.name.as_str());
        // What is wrong with a value was said at the value, and not again at every step that inserts it.
        let verbs: &[Verb] = if self.reader.reported() == before { &VERBS } else { &[] };
        let named = verbs.iter().map(|verb| (*verb, self.named_by(&invocation.steps(*verb, first), form.uses.span, &scope))).collect();
        Some(Deploy { condition, job, block: invocation, named, strategy: strategy?, between, hooks })
    }

    fn invocation(
        &mut self,
        block: &std::sync::Arc<Block>,
        form: &file::Deploy,
        targets: &[Target],
        consumer: &Consumer,
        scope: &Scope,
    ) -> Invocation {
        let invocation = Invocation::read(block, form.with.as_ref(), form.uses.span, self.reader);
        let key_span = |name: &str| form.with.as_ref().and_then(|with| with.get(name)).map_or(form.uses.span, |node| node.span);
        for name in invocation.artifacts() {
            if !name.contains("${{") {
                let written = block.inputs().iter().filter(|input| input.kind == file::InputType::Artifact);
                let span = written.map(|input| key_span(&input.name)).next().unwrap_or(form.uses.span);
                self.artifact(&name, span, consumer);
            }
        }
        for input in block.inputs() {
            let span = match &input.alias {
                Some(alias) if form.with.as_ref().is_some_and(|with| with.get(alias).is_some()) => key_span(alias),
                _ => key_span(&input.name),
            };
            match invocation.values.get(&input.name) {
                None => {}
                Some(Given::Text(text)) => self.inserted(text, span, scope),
                Some(Given::Env { values, .. }) => values.values().for_each(|text| self.inserted(text, span, scope)),
                Some(Given::PerTarget(values)) => {
                    values.values().for_each(|text| self.inserted(text, span, scope));
                    self.per_target(&input.name, values.keys().map(String::as_str).collect(), targets, span);
                }
            }
        }
        invocation
    }

    /// An input that names an artifact of every region has another value at each target.
    fn of_regions(&mut self, invocation: &mut Invocation, targets: &[Target], span: Span) {
        for input in invocation.block.inputs().iter().filter(|input| input.kind == file::InputType::Artifact) {
            let Some(Given::Text(name)) = invocation.values.get(&input.name) else { continue };
            let Some(regions) = self.regional.get(name) else { continue };
            if let Some(target) = targets.iter().find(|target| !regions.contains_key(target.region())) {
                let message = format!("the artifact `{name}` is built once per region, and `{}` has none", target.name);
                let problem = Problem::error(Code::UnknownArtifact, span, message);
                self.reader.report(problem.expected("targets such as `prod/eu-west-1`"));
            }
            let own = targets.iter().filter_map(|target| Some((target.name.clone(), regions.get(target.region())?.clone())));
            let own = Given::PerTarget(own.collect());
            invocation.values.insert(input.name.clone(), own);
        }
    }

    /// What the steps of one verb name; a block names the same at every target.
    fn named_by(&mut self, steps: &[plan::Step], span: Span, scope: &Scope) -> Named {
        self.named = Named::default();
        for step in steps {
            self.inserted(&step.run, span, scope);
            step.env.values().for_each(|text| self.inserted(text, span, scope));
        }
        std::mem::take(&mut self.named)
    }

    /// A map by target names every target, and no other.
    fn per_target(&mut self, input: &str, given: Vec<&str>, targets: &[Target], span: Span) {
        let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        let missing: Vec<String> = names.iter().filter(|name| !given.contains(name)).map(|name| format!("`{name}`")).collect();
        if !missing.is_empty() {
            let problem = Problem::error(Code::MissingInput, span, format!("the input `{input}` has no value for {}", missing.join(", ")));
            self.report(problem.expected("a value for each target, or one value for all"));
        }
        for name in given.iter().filter(|name| !names.contains(name)) {
            let span = self.locate(span, name);
            let problem = Problem::error(Code::UnknownValue, span, format!("this stage has no target `{}`", shortened(name)));
            self.report(problem.suggest(name, names.iter().copied()));
        }
    }

    fn strategy(
        &mut self,
        form: Option<&Spanned<StrategyForm>>,
        block: Option<&Block>,
        has_alarms: bool,
    ) -> (Option<Strategy>, Option<plan::Bake>) {
        let Some(Spanned { value: form, span }) = form else { return (Some(Strategy::Whole), None) };
        let (name, strategy, between) = match form {
            StrategyForm::Named(name) => (Some(*name), self.named_strategy(*name, *span), None),
            StrategyForm::Strategy(form) => {
                let between = self.bake_between(form, has_alarms);
                let (name, strategy) = self.described_strategy(form);
                if let Some(bake) = form.bake.as_ref()
                    && matches!(strategy, Some(Strategy::Whole | Strategy::BlueGreen))
                {
                    let span = match bake {
                        file::BakeForm::Duration(duration) => duration.span,
                        file::BakeForm::Bake(bake) => bake.span(),
                    };
                    let problem = Problem::error(Code::ConflictingKeys, span, "this strategy has no increments to bake between");
                    self.report(problem.help("write `bake` in the stage or the wave"));
                }
                if matches!(strategy, Some(Strategy::Canary { .. })) && between.is_none() {
                    let problem = Problem::warning(Code::CanaryWithoutBake, *span, "nothing is watched between the steps of this canary");
                    self.report(problem.help("add `bake: 10m` to the strategy"));
                }
                (name, strategy, between)
            }
        };
        if let (Some(name), Some(block)) = (name, block)
            && !block.strategies().contains(&name)
        {
            let listed = block.strategies().iter().map(|name| format!("`{}`", name.as_str())).collect::<Vec<_>>().join(", ");
            let problem =
                Problem::error(Code::UnsupportedStrategy, *span, format!("the block `{}` cannot do `{}`", block.name(), name.as_str()));
            self.report(problem.expected(format!("one of {listed}")));
        }
        (strategy, between)
    }

    fn named_strategy(&mut self, name: StrategyName, span: Span) -> Option<Strategy> {
        match name {
            StrategyName::AllAtOnce | StrategyName::InPlace => Some(Strategy::Whole),
            StrategyName::Rolling => Some(Strategy::Rolling { batches: BATCHES }),
            StrategyName::BlueGreen => Some(Strategy::BlueGreen),
            StrategyName::Canary => {
                let problem = Problem::error(Code::MissingKey, span, "a canary needs its steps");
                self.report(problem.expected("`strategy: {canary: [10%, 50%], bake: 10m}`"));
                None
            }
        }
    }

    fn described_strategy(&mut self, form: &file::Strategy) -> (Option<StrategyName>, Option<Strategy>) {
        let given =
            [form.all_at_once.is_some(), form.in_place.is_some(), form.rolling.is_some(), form.canary.is_some(), form.blue_green.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            if !form.is_whole() {
                return (None, None);
            }
            let problem = Problem::error(Code::ConflictingKeys, form.span(), "a target is changed in one way");
            self.report(problem.expected("exactly one of `all_at_once`, `in_place`, `rolling`, `canary` and `blue_green`"));
            return (None, None);
        }
        match (&form.rolling, &form.canary) {
            (Some(rolling), _) => (Some(StrategyName::Rolling), self.rolling(&rolling.value)),
            (None, Some(canary)) => (Some(StrategyName::Canary), self.canary(canary)),
            (None, None) if form.blue_green.is_some() => (Some(StrategyName::BlueGreen), Some(Strategy::BlueGreen)),
            (None, None) if form.in_place.is_some() => (Some(StrategyName::InPlace), Some(Strategy::Whole)),
            (None, None) => (Some(StrategyName::AllAtOnce), Some(Strategy::Whole)),
        }
    }

    fn rolling(&mut self, form: &RollingForm) -> Option<Strategy> {
        match (&form.max_parallel, &form.batches) {
            (Some(_), Some(batches)) => {
                let problem = Problem::error(Code::ConflictingKeys, batches.span, "the size of a batch is given twice");
                self.report(problem.expected("one of `max_parallel` and `batches`"));
                None
            }
            (Some(Spanned { value: Percent(percent), .. }), None) => Some(rolling_in(100_u32.div_ceil(u32::from(*percent)))),
            (None, Some(batches)) if (1..=MOST_BATCHES).contains(&batches.value) => Some(rolling_in(batches.value)),
            (None, Some(batches)) => {
                self.report(Problem::error(Code::OutOfRange, batches.span, "the number of batches is out of range").expected("1 to 100"));
                None
            }
            (None, None) => Some(Strategy::Rolling { batches: BATCHES }),
        }
    }

    fn canary(&mut self, form: &Spanned<Vec<Spanned<Percent>>>) -> Option<Strategy> {
        let steps = &form.value;
        if steps.is_empty() || steps.len() > MOST_INCREMENTS {
            self.report(
                Problem::error(Code::OutOfRange, form.span, "a canary has 1 to 50 steps").expected("percentages such as `[10%, 50%]`"),
            );
            return None;
        }
        let mut percents: Vec<u8> = Vec::new();
        for step in steps {
            if percents.last().is_some_and(|last| *last >= step.value.0) {
                let problem = Problem::error(Code::OutOfRange, step.span, "the steps of a canary rise");
                self.report(problem.expected(format!("more than {} %", percents.last().copied().unwrap_or_default())));
                return None;
            }
            percents.push(step.value.0);
        }
        if percents.last() != Some(&100) {
            percents.push(100);
        }
        Some(Strategy::Canary { percents })
    }

    /// Before, after, on failure and finally, in this order; `consumers` of the first and of the others.
    pub(super) fn hooks(&mut self, forms: &[Option<&file::TaskForm>; 4], base: &Base, scope: &Scope, consumers: [&Consumer; 2]) -> Hooks {
        let [before, after, on_failure, finally] = *forms;
        let [early, late] = consumers;
        Hooks {
            before: before.map(|form| self.task("before", Purpose::Before, form, base, scope, early)).into_iter().collect(),
            after: after.map(|form| self.task("after", Purpose::After, form, base, scope, late)).into_iter().collect(),
            on_failure: on_failure.map(|form| self.task("on_failure", Purpose::OnFailure, form, base, scope, early)).into_iter().collect(),
            finally: finally.map(|form| self.task("finally", Purpose::Finally, form, base, scope, early)).into_iter().collect(),
        }
    }
}

fn rolling_in(batches: u32) -> Strategy {
    if batches < 2 { Strategy::Whole } else { Strategy::Rolling { batches } }
}
