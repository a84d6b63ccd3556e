use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::input::{Given, Input, read_all};
use super::phrase::Phrase;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{self, StepForm, StrategyName};
use crate::lower::step_shape;
use crate::plan;
use crate::text::{Node, Placed as _, Problem, Read as _, Reader, Span, parse, shortened};

/// A block, ready to be used.
#[derive(Debug, Clone)]
pub struct Block {
    name: String,
    description: String,
    inputs: Vec<Input>,
    strategies: Vec<StrategyName>,
    checkout: bool,
    address: Option<Phrase>,
    verbs: BTreeMap<Verb, Vec<Step>>,
    digest: String,
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
    run: Phrase,
    env: BTreeMap<String, Phrase>,
}

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
        Self { block: Arc::clone(block), values: read_all(&block.name, &block.inputs, with, at, reader) }
    }

    /// The steps of `verb` at `target`. A step whose command is empty once the inputs are inserted is left out.
    pub(crate) fn steps(&self, verb: Verb, target: Option<&str>) -> Vec<plan::Step> {
        let value_of = |name: &str| self.values.get(name).and_then(|given| given.text_for(target));
        let steps = self.block.verbs.get(&verb).map(Vec::as_slice).unwrap_or_default();
        let insert = |step: &Step| {
            let run = step.run.with(value_of);
            if run.trim().is_empty() {
                return None;
            }
            let mut env = self.env();
            env.extend(step.env.iter().map(|(name, phrase)| (name.clone(), phrase.with(value_of))));
            Some(plan::Step { run, env, ..step.shape.clone() })
        };
        steps.iter().filter_map(insert).collect()
    }

    /// Where people see what runs at `target`, if the block says so.
    pub(crate) fn address(&self, target: &str) -> Option<String> {
        let value_of = |name: &str| self.values.get(name).and_then(|given| given.text_for(Some(target)));
        self.block.address.as_ref().map(|address| address.with(value_of))
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
pub(crate) fn of_folder(name: &str, path: &str, text: &str, files: BTreeMap<String, String>) -> (Option<Block>, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let form = parse(text, &mut reader).and_then(|node| file::Block::read(&node, &mut reader));
    let block = form.map(|form| lower(name, text, files, &form, &mut reader));
    let block = if reader.has_errors() { None } else { block };
    (block, reader.finish(path, text))
}

fn lower(name: &str, text: &str, files: BTreeMap<String, String>, form: &file::Block, reader: &mut Reader) -> Block {
    let inputs: Vec<Input> =
        form.inputs.iter().flat_map(|inputs| &inputs.entries).map(|(name, input)| lower_input(&name.value, input, reader)).collect();
    let digest = digest(text, &files);
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
        let lowered = steps.iter().filter_map(|step| lower_step(name, &files, step, &inputs, reader)).collect();
        verbs.insert(verb, lowered);
    }
    let address = form.address.as_ref().map(|address| phrase(&address.value, address.span, &inputs, reader));
    let strategies = form.strategies.clone().unwrap_or_else(|| vec![StrategyName::AllAtOnce, StrategyName::InPlace]);
    Block {
        name: name.to_owned(),
        description: form.description.clone(),
        inputs,
        strategies,
        checkout: form.checkout.unwrap_or(false),
        address,
        verbs,
        digest,
    }
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
                    Problem::error(Code::ConflictingKeys, step.span(), "a step of a block needs `run`").expected("`run:` a command"),
                );
                return None;
            }
        },
    };
    let run = phrase(&run.value, run.span, inputs, reader);
    let mut env = BTreeMap::new();
    if let StepForm::Step(step) = form {
        for (name, value) in step.env.iter().flat_map(|env| &env.entries) {
            env.insert(name.value.clone(), phrase(&value.0, name.span, inputs, reader));
        }
    }
    shape.env.clear();
    if !files.is_empty() {
        shape.files = files.iter().map(|(path, text)| (format!(".tidegate/blocks/{block}/{path}"), text.clone())).collect();
        env.insert("TIDEGATE_BLOCK".to_owned(), Phrase::parse(&format!(".tidegate/blocks/{block}")).unwrap_or_default());
    }
    Some(Step { shape, run, env })
}

fn phrase(text: &str, span: Span, inputs: &[Input], reader: &mut Reader) -> Phrase {
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
