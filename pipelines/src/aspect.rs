//! Aspects: what the owner of the server adds to every stage that they fit, and no file takes away.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::expression::{Context, Expression};
use crate::file::{Alarm, Gate, TaskForm};
use crate::text::{Placed as _, Problem, Read as _, Reader, Spanned, Text, parse, record};
use crate::{Blocks, Environment, SourceFile, compile_in};

/// An addition to stages, ready to be applied.
#[derive(Debug, Clone)]
pub struct Aspect {
    /// Gates, alarms and jobs that it adds begin with it: `freeze.window`.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) file: String,
    pub(crate) text: Arc<str>,
    pub(crate) condition: Option<Expression>,
    pub(crate) form: Arc<AspectFile>,
}

record! {
    /// An addition of the server's owner to every stage that it fits.
    AspectFile: "an aspect" {
        name = "name": Spanned<String>,
        /// What people see beside it in every plan.
        description = "description": String,
        /// CEL over `pipeline.name`, `stage.name`, `stage.production` and `stage.deploys`; without it, every stage.
        condition = "where": Option<Spanned<Text>>,
        /// Conditions in front of every wave, besides those of the file.
        gates = "gates": Option<Vec<Gate>>,
        /// Watched besides those of the file.
        alarms = "alarms": Option<Vec<Alarm>>,
        /// A job before those of the stage.
        before = "before": Option<TaskForm>,
        /// A job after the last target.
        after = "after": Option<TaskForm>,
    }
}

const NAMES: [&str; 4] = ["pipeline.name", "stage.name", "stage.production", "stage.deploys"];
const NAMES_IN_WORDS: &str = "`pipeline.name`, `stage.name`, `stage.production` or `stage.deploys`";

/// A stage that every aspect fits, so that its owner hears of a mistake before any pipeline does.
const TRIED_ON: &str = "
name: tried
accounts: {tried: {id: '000000000000', role: tried}}
stages: [{name: tried, production: true, targets: [tried/us-east-1], deploy: {uses: shell/run, with: {run: 'true'}}}]
";

impl Aspect {
    /// Reads an aspect and tries it on a stage; never fails and never panics.
    #[must_use]
    pub fn read(file: &str, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let mut reader = Reader::default();
        let form = parse(text, &mut reader).and_then(|node| AspectFile::read(&node, &mut reader));
        let aspect = form.map(|form| {
            if !crate::lower::is_name(&form.name.value) || form.name.value.contains('.') {
                let problem = Problem::error(Code::BadName, form.name.span, "this cannot be the name of an aspect");
                reader.report(problem.expected("letters, digits, `_` and `-`, the first a letter or digit"));
            }
            let adds = form.gates.is_some() || form.alarms.is_some() || form.before.is_some() || form.after.is_some();
            if !adds && form.is_whole() {
                let problem = Problem::error(Code::MissingKey, form.name.span, "the aspect adds nothing");
                reader.report(problem.expected("`gates`, `alarms`, `before` or `after`"));
            }
            let condition = form.condition.as_ref().and_then(|condition| read_condition(condition, &mut reader));
            Self {
                name: form.name.value.clone(),
                description: form.description.clone(),
                file: file.to_owned(),
                text: Arc::from(text),
                condition,
                form: Arc::new(form),
            }
        });
        let aspect = aspect.filter(|_| !reader.has_errors());
        let mut found = reader.finish(file, text);
        let Some(aspect) = aspect else { return (None, found) };
        found.extend(aspect.tried());
        let is_well = found.iter().all(|finding| finding.severity != Severity::Error);
        (is_well.then_some(aspect), found)
    }

    /// What is wrong with what it adds, as far as that does not depend on the pipeline.
    fn tried(&self) -> Vec<Diagnostic> {
        let everywhere = Self { condition: None, ..self.clone() };
        let environment = Environment { aspects: vec![everywhere], ..Environment::of_blocks(&Blocks::built_in()) };
        let (_, mut found) = compile_in(&SourceFile::new("", TRIED_ON), &environment);
        found.retain(|finding| finding.file == self.file);
        found
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `sha256:…` of its text.
    pub(crate) fn digest(&self) -> String {
        format!("sha256:{}", hex::encode(Sha256::digest(self.text.as_bytes())))
    }

    /// # Errors
    /// In words, when the condition is neither true nor false for this stage.
    pub(crate) fn fits(&self, pipeline: &str, stage: &serde_json::Value) -> Result<bool, String> {
        self.condition.as_ref().map_or(Ok(true), |condition| fits(condition, pipeline, stage))
    }
}

fn read_condition(condition: &Spanned<Text>, reader: &mut Reader) -> Option<Expression> {
    let at = condition.span;
    let expression = match Expression::parse(&condition.value.0) {
        Ok(expression) => expression,
        Err(error) => {
            let problem = Problem::error(Code::BadExpression, at, error.message);
            reader.report(problem.expected("a CEL expression such as `stage.production`"));
            return None;
        }
    };
    let references = expression.references();
    if let Some(unknown) = references.iter().find(|reference| !NAMES.contains(&reference.as_str())) {
        reader.report(Problem::error(Code::UnknownValueName, at, format!("there is no value `{unknown}` here")).expected(NAMES_IN_WORDS));
        return Some(expression);
    }
    let undecided = [(false, false), (false, true), (true, false), (true, true)].into_iter().find_map(|(production, deploys)| {
        let stage = serde_json::json!({ "name": "prod", "production": production, "deploys": deploys });
        fits(&expression, "orders", &stage).err()
    });
    if let Some(reason) = undecided {
        let problem = Problem::error(Code::BadExpression, at, format!("whether the aspect fits a stage cannot be decided: {reason}"));
        reader.report(problem.expected("what is true or false for every stage, such as `stage.production`"));
    }
    Some(expression)
}

fn fits(condition: &Expression, pipeline: &str, stage: &serde_json::Value) -> Result<bool, String> {
    let context = Context::new().with("pipeline", serde_json::json!({ "name": pipeline })).with("stage", stage.clone());
    condition.evaluate_bool(&context).map_err(|error| error.message)
}
