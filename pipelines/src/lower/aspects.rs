use std::collections::BTreeSet;

use super::Lower;
use super::artifacts::{Consumer, Ended};
use super::inserts::Scope;
use super::jobs::Base;
use crate::aspect::Aspect;
use crate::diagnostic::Code;
use crate::model::{Hooks, Stage};
use crate::plan::{self, Purpose};
use crate::text::{Problem, Reader, Span};
use crate::{SourceFile, file};

impl Lower<'_> {
    /// Adds what the owner of the server demands of this stage.
    pub(super) fn apply_aspects(&mut self, form: &file::Stage, stage: &mut Stage) {
        let environment = self.environment;
        let facts = serde_json::json!({ "name": stage.name, "production": stage.production, "deploys": stage.deploy.is_some() });
        for aspect in &environment.aspects {
            match aspect.fits(self.name, &facts) {
                Ok(true) => self.apply_aspect(aspect, form.name.span, stage),
                Ok(false) => {}
                Err(reason) => {
                    let message = format!("whether the aspect `{}` fits this stage cannot be decided: {reason}", aspect.name);
                    self.report(Problem::error(Code::BadExpression, form.name.span, message).help("ask the owner of the server"));
                }
            }
        }
    }

    fn apply_aspect(&mut self, aspect: &Aspect, at: Span, stage: &mut Stage) {
        let source = SourceFile::new(aspect.file.as_str(), &*aspect.text);
        let mut reader = Reader::default();
        let mut own = Lower::new(self.name, &source, self.environment, &mut reader);
        own.accounts.clone_from(&self.accounts);
        own.inputs.clone_from(&self.inputs);
        let form = &aspect.form;
        let nobody = Consumer { stage: usize::MAX, after: Ended::none(0) };
        let mut gates = own.gates(form.gates.as_deref().unwrap_or_default(), stage.production, &mut BTreeSet::new());
        let mut alarms = match stage.deploy {
            Some(_) => own.alarms(form.alarms.as_deref().unwrap_or_default(), &Scope::alarm(), &mut BTreeSet::new()),
            None => Vec::new(),
        };
        if let Some(target) = stage.waves.iter().flat_map(|wave| &wave.targets).find(|target| target.account.is_none())
            && alarms.iter().any(
                |alarm| matches!(&alarm.monitor.kind, plan::MonitorKind::External { system, account: None, .. } if system != plan::DATADOG),
            )
        {
            let message =
                format!("the aspect `{}` reads an alarm in the account of each target, and `{}` has none", aspect.name, target.name);
            self.report(Problem::error(Code::UnknownAccount, at, message).expected("targets of an account under `accounts`"));
        }
        let mut hooks = Hooks::default();
        for (name, purpose, form, to) in [
            ("before", Purpose::Before, form.before.as_ref(), &mut hooks.before),
            ("after", Purpose::After, form.after.as_ref(), &mut hooks.after),
        ] {
            let base = Base::default();
            to.extend(form.map(|form| own.task(name, purpose, form, &base, &Scope::job(Vec::new()), &nobody)));
        }
        let found = std::mem::take(&mut own.elsewhere);
        self.digests.append(&mut own.digests);
        self.elsewhere.extend(found);
        self.elsewhere.extend(reader.finish(&aspect.file, &aspect.text));
        let name = |own: &mut String| *own = format!("{}.{own}", aspect.name);
        gates.iter_mut().for_each(|gate| name(&mut gate.name));
        alarms.iter_mut().for_each(|alarm| name(&mut alarm.name));
        hooks.before.iter_mut().chain(&mut hooks.after).for_each(|job| name(&mut job.name));
        // The owner's own come first: nothing of the file runs before them.
        stage.gates.splice(0..0, gates);
        stage.hooks.before.splice(0..0, hooks.before);
        stage.hooks.after.extend(hooks.after);
        for wave in stage.waves.iter_mut().filter(|wave| !wave.targets.is_empty()) {
            wave.alarms.extend(alarms.iter().cloned());
        }
        let applied = self.aspects.entry(aspect.name.clone()).or_insert_with(|| plan::AppliedAspect {
            description: aspect.description.clone(),
            digest: aspect.digest(),
            stages: Vec::new(),
        });
        applied.stages.push(stage.name.clone());
    }
}
