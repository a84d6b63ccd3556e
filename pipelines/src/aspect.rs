//! Aspects: what the owner of the server adds to every stage that they fit, and no file takes away.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Context, Expression};
use crate::file::{Alarm, Gate, TaskForm};
use crate::text::{Placed as _, Problem, Read as _, Reader, Spanned, Text, parse, record};

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

const ROOTS: [&str; 2] = ["pipeline", "stage"];

impl Aspect {
    /// Reads an aspect; never fails and never panics. What it adds is checked where it is applied.
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
        (aspect, reader.finish(file, text))
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
        let Some(condition) = &self.condition else { return Ok(true) };
        let context = Context::new().with("pipeline", serde_json::json!({ "name": pipeline })).with("stage", stage.clone());
        condition.evaluate_bool(&context).map_err(|error| error.message)
    }
}

fn read_condition(condition: &Spanned<Text>, reader: &mut Reader) -> Option<Expression> {
    match Expression::parse(&condition.value.0) {
        Ok(expression) => {
            let references = expression.references();
            let unknown =
                references.iter().map(|reference| reference.split('.').next().unwrap_or_default()).find(|root| !ROOTS.contains(root));
            if let Some(root) = unknown {
                let problem = Problem::error(Code::UnknownValueName, condition.span, format!("there is no value `{root}` here"));
                reader.report(problem.expected("`pipeline.name`, `stage.name`, `stage.production` or `stage.deploys`"));
            }
            Some(expression)
        }
        Err(error) => {
            let problem = Problem::error(Code::BadExpression, condition.span, error.message);
            reader.report(problem.expected("a CEL expression such as `stage.production`"));
            None
        }
    }
}
