use std::collections::BTreeSet;

use super::Lower;
use super::artifacts::Consumer;
use super::inserts::Scope;
use super::jobs::Base;
use super::names::BESIDE_WAVES;
use crate::diagnostic::Code;
use crate::file::{self, DerivedWaves, Targets, Waves};
use crate::inventory::Place;
use crate::model::{Hooks, Target, Wave};
use crate::plan;
use crate::policy::Kind;
use crate::text::{Problem, Span, Spanned, nearest, shortened};

/// What the waves of one stage share.
pub(super) struct Shared<'s> {
    pub(super) production: bool,
    pub(super) base: &'s Base,
    pub(super) consumer: &'s Consumer,
    pub(super) alarms: &'s [plan::Alarm],
    pub(super) alarm_names: &'s BTreeSet<String>,
    pub(super) gate_names: &'s BTreeSet<String>,
}

impl Lower<'_> {
    pub(super) fn waves(&mut self, stage: &file::Stage, shared: &Shared<'_>) -> Vec<Wave> {
        let mut targets_seen = BTreeSet::new();
        let listed = match &stage.waves {
            None => None,
            Some(Spanned { value: Waves::Listed(waves), span }) => Some((waves, *span)),
            Some(Spanned { value: Waves::Derived(form), span }) => return self.waves_of_targets(stage, form, *span, shared),
        };
        let Some((waves, waves_span)) = listed else {
            let targets = stage.targets.as_ref().map(|targets| self.targets(targets, &mut targets_seen)).unwrap_or_default();
            stage.targets.iter().for_each(|targets| self.remember_picked(&stage.name.value, targets));
            self.accounts_of_alarms(stage.alarms.iter().flatten(), &targets);
            let has_alarms = !shared.alarms.is_empty();
            return vec![Wave {
                name: String::new(),
                targets,
                max_parallel: self.max_parallel(stage.max_parallel.as_ref()),
                at_least: None,
                gates: Vec::new(),
                bake: stage.bake.as_ref().map(|bake| self.bake(bake, has_alarms)),
                alarms: shared.alarms.to_vec(),
                hooks: Hooks::default(),
            }];
        };
        if let Some(targets) = &stage.targets {
            let problem = Problem::error(Code::ConflictingKeys, targets.span, "the stage has `targets` and `waves`");
            self.report(problem.help("name the targets in the waves alone"));
        }
        if waves.is_empty() {
            self.report(
                Problem::error(Code::OutOfRange, waves_span, "there are no waves").expected("at least one wave, or `targets` instead"),
            );
        }
        let mut names = BTreeSet::new();
        for wave in waves {
            if let Some(name) = &wave.name {
                self.key_name("a wave", name, BESIDE_WAVES);
                self.unique(&mut names, "waves of this stage", name);
            }
        }
        let lowered = waves.iter().enumerate().map(|(at, wave)| self.wave(at, wave, stage, shared, &mut targets_seen));
        lowered.collect()
    }

    fn wave(
        &mut self,
        at: usize,
        form: &file::Wave,
        stage: &file::Stage,
        shared: &Shared<'_>,
        targets_seen: &mut BTreeSet<String>,
    ) -> Wave {
        let targets = self.targets(&form.targets, targets_seen);
        self.remember_picked(&stage.name.value, &form.targets);
        let mut alarm_names = shared.alarm_names.clone();
        let mut alarms = shared.alarms.to_vec();
        alarms.extend(self.alarms(form.alarms.as_deref().unwrap_or_default(), &Scope::alarm(), &mut alarm_names));
        let mut gate_names = shared.gate_names.clone();
        let gates = self.gates(form.gates.as_deref().unwrap_or_default(), shared.production, &mut gate_names);
        if let Some(at_least) = form.at_least.as_ref().filter(|at_least| at_least.value == 0 || at_least.value as usize > targets.len()) {
            let problem = Problem::error(Code::OutOfRange, at_least.span, "`at_least` is out of range");
            self.report(problem.expected(format!("1 to {}, the number of targets of the wave", targets.len())));
        }
        let forms = stage.alarms.iter().chain(&form.alarms).flatten();
        self.accounts_of_alarms(forms, &targets);
        let bake = form.bake.as_ref().or(stage.bake.as_ref());
        let bake = bake.map(|bake| self.bake(bake, !alarms.is_empty()));
        let max_parallel = form.max_parallel.as_ref().or(stage.max_parallel.as_ref());
        let hooks = self.hooks(
            &[form.before.as_ref(), form.after.as_ref(), form.on_failure.as_ref(), form.finally.as_ref()],
            shared.base,
            &Scope::job(Vec::new()),
            [shared.consumer, shared.consumer],
        );
        Wave {
            name: form.name.as_ref().map_or_else(|| format!("wave-{}", at + 1), |name| name.value.clone()),
            targets,
            max_parallel: self.max_parallel(max_parallel),
            at_least: form.at_least.as_ref().map(|at_least| at_least.value),
            gates,
            bake,
            alarms,
            hooks,
        }
    }

    /// An alarm of a cloud is read in the account and region of each target, unless it names both.
    fn accounts_of_alarms<'f>(&mut self, alarms: impl Iterator<Item = &'f file::Alarm>, targets: &[Target]) {
        let without: Vec<&Target> = targets.iter().filter(|target| target.account.is_none()).collect();
        let Some(target) = without.first() else { return };
        for alarm in alarms {
            let Some(name) = alarm
                .cloudwatch
                .as_ref()
                .or(alarm.cloudwatch_metric.as_ref())
                .filter(|_| alarm.account.is_none() || alarm.region.is_none())
            else {
                continue;
            };
            let message = format!("this alarm is read in the account of each target, and `{}` has none", target.name);
            let problem = Problem::error(Code::UnknownAccount, name.span, message);
            self.report(problem.expected("targets of an account under `accounts`, or `account` and `region` beside `cloudwatch`"));
        }
    }

    pub(super) fn max_parallel(&mut self, form: Option<&Spanned<u32>>) -> u32 {
        if let Some(max_parallel) = form.filter(|max_parallel| max_parallel.value == 0) {
            self.report(Problem::error(Code::OutOfRange, max_parallel.span, "no target could ever start").expected("1 or more"));
        }
        form.map_or(0, |max_parallel| max_parallel.value)
    }

    /// Waves that are derived: there is at least one, also where none could be, so that the stage is still looked at.
    fn waves_of_targets(&mut self, stage: &file::Stage, form: &DerivedWaves, span: Span, shared: &Shared<'_>) -> Vec<Wave> {
        let Some(form_of_targets) = &stage.targets else {
            let problem = Problem::error(Code::MissingKey, span, "derived waves need the targets that they are made of");
            self.report(problem.expected("`targets: {inventory: targets.yaml}`, or a list of targets, in the stage"));
            return vec![empty_wave()];
        };
        let places = self.places(form_of_targets);
        let targets = self.targets_of(&places, form_of_targets, &mut BTreeSet::new());
        self.accounts_of_alarms(stage.alarms.iter().flatten(), &targets);
        let places: Vec<Place> = places.into_iter().map(|place| place.value).collect();
        let waves = self.derived_waves(stage, form, shared, &targets, &places);
        if waves.is_empty() { vec![empty_wave()] } else { waves }
    }

    fn targets(&mut self, form: &Spanned<Targets>, seen: &mut BTreeSet<String>) -> Vec<Target> {
        let places = self.places(form);
        self.targets_of(&places, form, seen)
    }

    fn targets_of(&mut self, places: &[Spanned<Place>], form: &Spanned<Targets>, seen: &mut BTreeSet<String>) -> Vec<Target> {
        if matches!(&form.value, Targets::Listed(names) if names.is_empty()) {
            self.report(Problem::error(Code::OutOfRange, form.span, "there are no targets").expected("at least one target"));
        }
        let mut targets = Vec::new();
        for place in places {
            let target = Spanned { value: place.value.target.clone(), span: place.span };
            self.target_name(&target);
            if !seen.insert(target.value.clone()) {
                let problem = Problem::error(
                    Code::DuplicateTarget,
                    target.span,
                    format!("the target `{}` is in this stage twice", shortened(&target.value)),
                );
                self.report(problem.help("remove it from one place"));
                continue;
            }
            targets.push(Target { name: target.value.clone(), account: self.account_of(&target) });
        }
        targets
    }

    /// The account whose name the target begins with. A name that is nearly one is a slip, another a plain name.
    fn account_of(&mut self, target: &Spanned<String>) -> Option<String> {
        let (first, _) = target.value.split_once('/')?;
        if self.accounts.contains(first) {
            if let Some(account) = self.joined.as_ref().and_then(|joined| joined.accounts.get(first)).cloned() {
                self.touch(Kind::Account, &account.id, target.span);
                self.touch(Kind::Role, &account.role, target.span);
                if self.environment.is_untrusted {
                    let message = format!("the account `{first}` is not given to what comes from a fork (D6)");
                    self.report(
                        Problem::error(Code::NotAllowed, target.span, message).help("leave it out, or have the pull request approved"),
                    );
                }
            }
            return Some(first.to_owned());
        }
        if self.reader.skips() {
            return None;
        }
        if let Some(meant) = nearest(first, self.accounts.iter().map(String::as_str)) {
            let problem = Problem::error(Code::UnknownAccount, target.span, format!("there is no account `{}`", shortened(first)));
            let known = self.accounts.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let problem = problem.expected(format!("one of {known}")).help(format!("did you mean `{meant}`?"));
            self.report(problem);
        }
        None
    }
}

/// Stands for waves that could not be made.
fn empty_wave() -> Wave {
    Wave {
        name: String::new(),
        targets: Vec::new(),
        max_parallel: 0,
        at_least: None,
        gates: Vec::new(),
        bake: None,
        alarms: Vec::new(),
        hooks: Hooks::default(),
    }
}
