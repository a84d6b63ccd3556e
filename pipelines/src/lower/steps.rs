use std::collections::BTreeMap;

use super::Lower;
use super::inserts::Scope;
use crate::blocks::{Invocation, Verb};
use crate::diagnostic::Code;
use crate::file::{self, Shell, StepForm};
use crate::plan;
use crate::text::{Map, Placed as _, Problem, Reader, Span, Spanned, Text, shortened};

const BASH: &[&str] = &["bash", "-eu", "-o", "pipefail", "-c"];

/// Everything of a step but its texts: name, shell, folder, timeout.
pub(crate) fn step_shape(form: &StepForm, reader: &mut Reader) -> Option<plan::Step> {
    let bash = || BASH.iter().map(|word| (*word).to_owned()).collect();
    let mut shape = plan::Step {
        name: String::new(),
        run: String::new(),
        shell: bash(),
        env: BTreeMap::new(),
        working_directory: String::new(),
        timeout_ms: None,
        files: BTreeMap::new(),
        condition: None,
    };
    match form {
        StepForm::Command(run) => shape.name = first_line(&run.value),
        StepForm::Step(step) => {
            shape.name = match (&step.name, &step.run) {
                (Some(name), _) => name.value.clone(),
                (None, Some(run)) => first_line(&run.value),
                (None, None) => String::new(),
            };
            if let Some(shell) = &step.shell {
                shape.shell = shell_words(shell, reader)?;
            }
            shape.timeout_ms = step.timeout.as_ref().map(|timeout| timeout.value.ms);
            if let Some(timeout) = &step.timeout
                && timeout.value.ms == 0
            {
                reader.report(Problem::error(Code::OutOfRange, timeout.span, "a step needs some time").expected("a timeout above 0"));
            }
            shape.working_directory = step.working_directory.as_ref().map(|path| path.value.clone()).unwrap_or_default();
        }
    }
    Some(shape)
}

/// What a step without a name is called.
pub(crate) fn first_line(run: &str) -> String {
    let line = run.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    shortened(line)
}

fn shell_words(shell: &Spanned<Shell>, reader: &mut Reader) -> Option<Vec<String>> {
    let words: &[&str] = match &shell.value {
        Shell::Program(words) if words.first().is_some_and(|program| !program.is_empty()) => return Some(words.clone()),
        Shell::Program(_) => &[],
        Shell::Named(name) => match name.as_str() {
            "bash" => BASH,
            "sh" => &["sh", "-eu", "-c"],
            "python" => &["python3", "-c"],
            _ => &[],
        },
    };
    if words.is_empty() {
        reader.report(
            Problem::error(Code::UnknownValue, shell.span, "this is not a shell")
                .expected("`bash`, `sh`, `python`, or a list of a program and its arguments, such as `[node, -e]`"),
        );
        return None;
    }
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

impl Lower<'_> {
    pub(super) fn steps(&mut self, forms: &[StepForm], scope: &Scope) -> Vec<plan::Step> {
        forms.iter().flat_map(|form| self.step(form, scope)).collect()
    }

    fn step(&mut self, form: &StepForm, scope: &Scope) -> Vec<plan::Step> {
        let shape = step_shape(form, self.reader);
        let (run, step) = match form {
            StepForm::Command(run) => (Some(run), None),
            StepForm::Step(step) => (step.run.as_ref(), Some(step.as_ref())),
        };
        if let Some(step) = step {
            if let Some(path) = &step.working_directory {
                self.workspace_path(path);
            }
            if let Some(uses) = self.exclusive(step, run.is_some()) {
                return self.block_steps(step, uses, scope);
            }
        }
        let (Some(mut shape), Some(run)) = (shape, run) else { return Vec::new() };
        if run.value.trim().is_empty() {
            self.report(Problem::error(Code::BadFormat, run.span, "the command is empty").expected("a command"));
        }
        self.inserted(&run.value, run.span, scope);
        shape.run.clone_from(&run.value);
        if let Some(step) = step {
            shape.env = self.env(step.env.as_ref(), scope);
            shape.condition = self.step_condition(step, scope);
        }
        vec![shape]
    }

    /// Exactly one of `run` and `uses`; answers `uses`.
    fn exclusive<'f>(&mut self, step: &'f file::Step, has_run: bool) -> Option<&'f Spanned<String>> {
        match (&step.uses, has_run) {
            (Some(uses), true) => {
                self.report(
                    Problem::error(Code::ConflictingKeys, uses.span, "a step has `run` and `uses`").expected("one of `run` and `uses`"),
                );
            }
            (None, false) if !step.is_whole() => {}
            (None, false) => {
                let span = Span { end: step.span().start + 1, ..step.span() };
                self.report(Problem::error(Code::MissingKey, span, "a step needs a command").expected("one of `run` and `uses`"));
            }
            (None, true) => {
                if let Some(with) = &step.with {
                    let problem = Problem::error(Code::ConflictingKeys, with.span, "`with` belongs to `uses`, and the step has `run`");
                    self.report(problem.help("use `env` to give a command values"));
                }
            }
            (Some(uses), false) => return Some(uses),
        }
        None
    }

    fn step_condition(&mut self, step: &file::Step, scope: &Scope) -> Option<String> {
        step.condition.as_ref().map(|condition| self.condition(&condition.value.0, condition.span, scope))
    }

    fn block_steps(&mut self, step: &file::Step, uses: &Spanned<String>, scope: &Scope) -> Vec<plan::Step> {
        let Some(block) = self.used_block(uses) else { return Vec::new() };
        let invocation = Invocation::read(&block, step.with.as_ref(), uses.span, self.reader);
        let env = self.env(step.env.as_ref(), scope);
        let verbs = [Verb::Prepare, Verb::Shift, Verb::Health];
        let mut steps: Vec<plan::Step> = verbs.iter().flat_map(|verb| invocation.steps(*verb, None)).collect();
        let condition = self.step_condition(step, scope);
        for lowered in &mut steps {
            lowered.condition.clone_from(&condition);
            let span = step.with.as_ref().map_or(uses.span, |with| with.span);
            self.inserted(&lowered.run, span, scope);
            lowered.env.extend(env.clone());
            for value in lowered.env.values() {
                self.inserted(value, span, scope);
            }
            if let Some(name) = &step.name {
                lowered.name.clone_from(&name.value);
            }
            if let Some(timeout) = &step.timeout {
                lowered.timeout_ms = Some(timeout.value.ms);
            }
            if let Some(path) = &step.working_directory {
                lowered.working_directory.clone_from(&path.value);
            }
        }
        steps
    }

    /// Environment variables of any level.
    pub(super) fn env(&mut self, form: Option<&Map<Text>>, scope: &Scope) -> BTreeMap<String, String> {
        let mut env = BTreeMap::new();
        for (name, value) in form.iter().flat_map(|env| &env.entries) {
            let is_name = name
                .value
                .bytes()
                .enumerate()
                .all(|(at, byte)| byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit()));
            if !is_name || name.value.is_empty() || name.value.len() > 256 {
                let problem =
                    Problem::error(Code::BadName, name.span, format!("`{}` cannot be an environment variable", shortened(&name.value)));
                self.report(problem.expected("letters, digits and `_`, the first not a digit"));
            }
            if name.value.starts_with("TIDEGATE_") {
                let problem =
                    Problem::error(Code::ReservedEnv, name.span, format!("`{}` is set by Tidegate itself", shortened(&name.value)));
                self.report(problem.expected("a name that does not begin with `TIDEGATE_`"));
            }
            self.inserted(&value.0, name.span, scope);
            env.insert(name.value.clone(), value.0.clone());
        }
        env
    }
}
