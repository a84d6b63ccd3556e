use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::input::{Given, Input, read_all};
use super::phrase::Phrase;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{self, StepForm, StrategyName};
use crate::lower::{first_line, step_shape};
use crate::plan;
use crate::text::{Map, Node, Placed as _, Problem, Read as _, Reader, Span, Spanned, parse, shortened};

/// Beside `block.yaml`: what pins the blocks that it is made of.
pub(crate) const LOCK: &str = "lock.yaml";

/// A block, ready to be used.
#[derive(Debug, Clone)]
pub struct Block {
    name: String,
    description: String,
    inputs: Vec<Input>,
    strategies: Vec<StrategyName>,
    checkout: bool,
    address: Option<Phrase>,
    /// What is watched, and the text of its guard.
    guards: Vec<(&'static str, Phrase)>,
    verbs: BTreeMap<Verb, Vec<Piece>>,
    digest: String,
    parts: BTreeMap<String, String>,
}

/// What a block does; the contract is in pipeline-file.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Inspect,
    Prepare,
    Shift,
    Health,
    Finish,
    Rollback,
    Destroy,
}

/// A step whose texts still hold the block's inputs.
#[derive(Debug, Clone)]
struct Step {
    shape: plan::Step,
    /// Without one, it is called by what it runs once the inputs are inserted.
    name: Option<Phrase>,
    run: Phrase,
    working_directory: Phrase,
    env: BTreeMap<String, Phrase>,
}

/// What a verb is made of.
#[derive(Debug, Clone)]
enum Piece {
    Step(Box<Step>),
    /// The same verb of another block; its values may hold this block's inputs.
    Part(Invocation),
}

/// Finds the blocks that a block is made of; what is wrong is answered in words.
pub(crate) type Parts<'p> = dyn FnMut(&str) -> Result<Arc<Block>, String> + 'p;

/// The values that a pipeline gives to a block.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) block: Arc<Block>,
    pub(crate) values: BTreeMap<String, Given>,
}

impl Block {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// `sha256:…` of its `block.yaml` and files (P1).
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Name, description and whether it must be given, of every input.
    pub fn described_inputs(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        self.inputs.iter().map(|input| (input.name.as_str(), input.description.as_str(), input.required))
    }

    /// The blocks that it is made of, all the way down: digests by the name in `uses`.
    #[must_use]
    pub fn parts(&self) -> &BTreeMap<String, String> {
        &self.parts
    }

    pub(crate) fn declared_verbs(&self) -> impl Iterator<Item = Verb> {
        self.verbs.iter().filter(|(_, steps)| !steps.is_empty()).map(|(verb, _)| *verb)
    }

    pub(crate) fn checkout(&self) -> bool {
        self.checkout
    }

    pub(crate) fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    pub(crate) fn strategies(&self) -> &[StrategyName] {
        &self.strategies
    }
}

impl Invocation {
    /// Reads `with`; what is wrong with it is reported.
    pub(crate) fn read(block: &Arc<Block>, with: Option<&Arc<Node>>, at: Span, reader: &mut Reader) -> Self {
        Self { block: Arc::clone(block), values: read_all(&format!("the block `{}`", block.name), &block.inputs, with, at, reader) }
    }

    /// The steps of `verb` at `target`. A step whose command is empty once the inputs are inserted is left out.
    pub(crate) fn steps(&self, verb: Verb, target: Option<&str>) -> Vec<plan::Step> {
        let value_of = |name: &str| self.values.get(name).and_then(|given| given.text_for(target));
        let pieces = self.block.verbs.get(&verb).map(Vec::as_slice).unwrap_or_default();
        let mut steps = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Step(step) => {
                    let run = step.run.with(value_of);
                    if run.trim().is_empty() {
                        continue;
                    }
                    let mut env = self.env();
                    env.extend(step.env.iter().map(|(name, phrase)| (name.clone(), phrase.with(value_of))));
                    let name = step.name.as_ref().map_or_else(|| first_line(&run), |name| name.with(value_of));
                    let working_directory = step.working_directory.with(value_of);
                    steps.push(plan::Step { name, run, env, working_directory, ..step.shape.clone() });
                }
                Piece::Part(part) => {
                    for mut step in part.with(value_of).steps(verb, target) {
                        let mut env = self.env();
                        env.append(&mut step.env);
                        steps.push(plan::Step { env, ..step });
                    }
                }
            }
        }
        steps
    }

    /// This use of a part with the values of the block that it is a part of.
    fn with<'v>(&self, value_of: impl Fn(&str) -> Option<&'v str> + Copy) -> Self {
        let insert = |text: &String| Phrase::parse(text).map_or_else(|_| text.clone(), |phrase| phrase.with(value_of));
        let inserted = |given: &Given| match given {
            Given::Text(text) => Given::Text(insert(text)),
            Given::Env { values, names } => {
                Given::Env { values: values.iter().map(|(name, text)| (name.clone(), insert(text))).collect(), names: names.clone() }
            }
            Given::PerTarget(values) => Given::PerTarget(values.iter().map(|(name, text)| (name.clone(), insert(text))).collect()),
        };
        let values = self.values.iter().map(|(name, given)| (name.clone(), inserted(given))).collect();
        Self { block: Arc::clone(&self.block), values }
    }

    /// Where people see what runs at `target`, if the block says so.
    pub(crate) fn address(&self, target: &str) -> Option<String> {
        let value_of = |name: &str| self.values.get(name).and_then(|given| given.text_for(Some(target)));
        self.block.address.as_ref().map(|address| address.with(value_of))
    }

    /// What of `target` is watched without being told to, and the text of each guard.
    pub(crate) fn guards(&self, target: &str) -> Vec<(&'static str, String)> {
        let value_of = |name: &str| self.values.get(name).and_then(|given| given.text_for(Some(target)));
        self.block.guards.iter().map(|(what, text)| (*what, text.with(value_of))).collect()
    }

    fn env(&self) -> BTreeMap<String, String> {
        let maps = self.values.values().filter_map(|given| match given {
            Given::Env { values, .. } => Some(values),
            Given::Text(_) | Given::PerTarget(_) => None,
        });
        maps.flat_map(|env| env.iter().map(|(name, value)| (name.clone(), value.clone()))).collect()
    }

    /// Names under which `with` gives artifacts.
    pub(crate) fn artifacts(&self) -> Vec<String> {
        let is_artifact = |name: &str| self.block.inputs.iter().any(|input| input.name == name && input.kind == file::InputType::Artifact);
        let given = self.values.iter().filter(|(name, _)| is_artifact(name));
        given.filter_map(|(_, given)| given.text_for(None)).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}

/// Reads the block whose folder holds `text` as `block.yaml` (at `path`) and `files` beside it.
pub(crate) fn of_folder(
    name: &str,
    path: &str,
    text: &str,
    files: BTreeMap<String, String>,
    parts: &mut Parts<'_>,
) -> (Option<Block>, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let form = parse(text, &mut reader).and_then(|node| file::Block::read(&node, &mut reader));
    let block = form.map(|form| lower(name, text, files, &form, parts, &mut reader));
    let block = if reader.has_errors() { None } else { block };
    (block, reader.finish(path, text))
}

/// For blocks that are made of nothing else.
pub(crate) fn no_parts(_: &str) -> Result<Arc<Block>, String> {
    Err("a built-in block is made of commands alone".to_owned())
}

fn lower(
    name: &str,
    text: &str,
    mut files: BTreeMap<String, String>,
    form: &file::Block,
    parts: &mut Parts<'_>,
    reader: &mut Reader,
) -> Block {
    let inputs = lower_inputs(form.inputs.as_ref(), reader);
    let digest = digest(text, &files);
    // It pins the parts, which is all done when a job runs.
    files.remove(LOCK);
    let mut used = BTreeMap::new();
    let mut verbs = BTreeMap::new();
    let declared = [
        (Verb::Inspect, form.verbs.inspect.as_ref()),
        (Verb::Prepare, form.verbs.prepare.as_ref()),
        (Verb::Shift, Some(&form.verbs.shift)),
        (Verb::Health, form.verbs.health.as_ref()),
        (Verb::Finish, form.verbs.finish.as_ref()),
        (Verb::Rollback, form.verbs.rollback.as_ref()),
        (Verb::Destroy, form.verbs.destroy.as_ref()),
    ];
    for (verb, steps) in declared {
        let Some(steps) = steps else { continue };
        let mut pieces = Vec::new();
        for step in steps {
            pieces.extend(match part_of(step) {
                Some((step, uses)) => lower_part(step, uses, &inputs, parts, &mut used, reader).map(Piece::Part),
                None => lower_step(name, &files, step, &inputs, reader).map(|step| Piece::Step(Box::new(step))),
            });
        }
        verbs.insert(verb, pieces);
    }
    let address = form.address.as_ref().map(|address| checked(&address.value, address.span, &inputs, reader));
    let guards = form.signals.as_ref().map(|signals| lower_signals(signals, &inputs, reader)).unwrap_or_default();
    let strategies = form.strategies.clone().unwrap_or_else(|| vec![StrategyName::AllAtOnce, StrategyName::InPlace]);
    Block {
        name: name.to_owned(),
        description: form.description.clone(),
        inputs,
        strategies,
        checkout: form.checkout.unwrap_or(false),
        address,
        guards,
        verbs,
        digest,
        parts: used,
    }
}

/// What is made of the signals that there are; faults need requests to be counted against.
fn lower_signals(signals: &file::Signals, inputs: &[Input], reader: &mut Reader) -> Vec<(&'static str, Phrase)> {
    let mut guards = Vec::new();
    let mut add =
        |what: &'static str, text: String, span: Span| guards.push((what, checked(&format!("{what} {text}"), span, inputs, reader)));
    if let Some(requests) = &signals.requests {
        add("traffic", requests.value.clone(), requests.span);
    }
    if let (Some(faults), Some(requests)) = (&signals.faults, &signals.requests) {
        add("faults", format!("{} of {}", faults.value, requests.value), faults.span);
    }
    if let Some(latency) = &signals.latency {
        add("latency", latency.value.clone(), latency.span);
    }
    guards
}

/// A step that is the same verb of another block.
fn part_of(form: &StepForm) -> Option<(&file::Step, &Spanned<String>)> {
    match form {
        StepForm::Step(step) if step.run.is_none() => Some((step, step.uses.as_ref()?)),
        StepForm::Step(_) | StepForm::Command(_) => None,
    }
}

fn lower_part(
    step: &file::Step,
    uses: &Spanned<String>,
    inputs: &[Input],
    parts: &mut Parts<'_>,
    used: &mut BTreeMap<String, String>,
    reader: &mut Reader,
) -> Option<Invocation> {
    let block = match parts(&uses.value) {
        Ok(block) => block,
        Err(reason) => {
            reader.report(Problem::error(Code::UnknownBlock, uses.span, reason));
            return None;
        }
    };
    used.insert(uses.value.clone(), block.digest.clone());
    used.extend(block.parts.clone());
    let part = Invocation::read(&block, step.with.as_ref(), uses.span, reader);
    let at = step.with.as_ref().map_or(uses.span, |with| with.span);
    for text in part.values.values().flat_map(Given::texts) {
        checked(text, at, inputs, reader);
    }
    for (name, is_given) in [("env", step.env.is_some()), ("shell", step.shell.is_some()), ("if", step.condition.is_some())] {
        if is_given {
            let problem = Problem::error(Code::ConflictingKeys, uses.span, format!("a part of a block has no `{name}` of its own"));
            reader.report(problem.help("say it to the part under `with`"));
        }
    }
    Some(part)
}

/// The text of a block, whose inputs must be the block's.
fn checked(text: &str, span: Span, inputs: &[Input], reader: &mut Reader) -> Phrase {
    match Phrase::parse(text) {
        Ok(phrase) => {
            for name in phrase.inputs() {
                if !inputs.iter().any(|input| input.name == name) {
                    let problem = Problem::error(Code::UnknownInput, span, format!("the block has no input `{}`", shortened(name)));
                    reader.report(problem.suggest(name, inputs.iter().map(|input| input.name.as_str())));
                }
            }
            phrase
        }
        Err((offset, message)) => {
            reader.report(Problem::error(Code::BadExpression, span.part(offset, 3), message));
            Phrase::default()
        }
    }
}

pub(crate) fn lower_inputs(form: Option<&Map<file::BlockInput>>, reader: &mut Reader) -> Vec<Input> {
    form.iter().flat_map(|inputs| &inputs.entries).map(|(name, input)| lower_input(&name.value, input, reader)).collect()
}

fn lower_input(name: &str, form: &file::BlockInput, reader: &mut Reader) -> Input {
    let mut input = Input {
        name: name.to_owned(),
        description: form.description.clone(),
        alias: form.alias.as_ref().map(|alias| alias.value.clone()),
        kind: form.kind,
        required: form.required.unwrap_or(false),
        default: None,
        one_of: form.one_of.clone().unwrap_or_default(),
        per_target: form.per_target.unwrap_or(false),
        preview: form.preview,
    };
    input.default = form.default.as_ref().and_then(|node| input.read(node, reader));
    input
}

fn lower_step(block: &str, files: &BTreeMap<String, String>, form: &StepForm, inputs: &[Input], reader: &mut Reader) -> Option<Step> {
    let mut shape = step_shape(form, reader)?;
    let run = match form {
        StepForm::Command(run) => run.clone(),
        StepForm::Step(step) => match &step.run {
            Some(run) => run.clone(),
            None => {
                reader.report(
                    Problem::error(Code::ConflictingKeys, step.span(), "a step of a block needs `run` or `uses`").expected("one of them"),
                );
                return None;
            }
        },
    };
    if let StepForm::Step(step) = form
        && let Some(condition) = &step.condition
    {
        let problem = Problem::error(Code::NotAvailable, condition.span, "not available yet: conditions in the steps of a block");
        reader.report(problem.help("ask for the input in the command: a step whose command is empty is left out"));
    }
    let mut phrase = |text: &str, span: Span| checked(text, span, inputs, reader);
    let run = phrase(&run.value, run.span);
    let (mut name, mut working_directory) = (None, Phrase::default());
    if let StepForm::Step(step) = form {
        name = step.name.as_ref().map(|name| phrase(&name.value, name.span));
        working_directory = step.working_directory.as_ref().map(|path| phrase(&path.value, path.span)).unwrap_or_default();
    }
    let mut env = BTreeMap::new();
    if let StepForm::Step(step) = form {
        for (name, value) in step.env.iter().flat_map(|env| &env.entries) {
            env.insert(name.value.clone(), phrase(&value.0, name.span));
        }
    }
    shape.env.clear();
    if !files.is_empty() {
        shape.files = files.iter().map(|(path, text)| (format!(".tidegate/blocks/{block}/{path}"), text.clone())).collect();
        env.insert("TIDEGATE_BLOCK".to_owned(), Phrase::parse(&format!(".tidegate/blocks/{block}")).unwrap_or_default());
    }
    Some(Step { shape, name, run, working_directory, env })
}

fn digest(text: &str, files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (path, text) in std::iter::once(("block.yaml", text)).chain(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))) {
        hash.update((path.len() as u64).to_be_bytes());
        hash.update(path);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    format!("sha256:{}", hex::encode(hash.finalize()))
}
