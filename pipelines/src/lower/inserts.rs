use std::collections::BTreeSet;

use super::Lower;
use crate::diagnostic::Code;
use crate::expression::{Expression, Template};
use crate::policy::Kind;
use crate::text::{Problem, Span, one_of};

/// The values that a text may name at its place.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// First names.
    pub(super) roots: &'static [&'static str],
    /// Jobs whose outputs may be read.
    pub(super) needs: Vec<String>,
    /// Axes of the job's matrix, where it has one.
    pub(super) matrix: Option<Axes>,
}

/// What is known of the axes of a matrix.
#[derive(Debug, Clone)]
pub(super) enum Axes {
    Named(Vec<String>),
    /// They come from an output.
    Any,
}

impl Scope {
    /// A job that runs once in its stage.
    pub(super) fn job(needs: Vec<String>) -> Self {
        Self { roots: &["release", "stage", "wave", "needs", "vars", "secrets", "inputs", "env", "artifacts"], needs, matrix: None }
    }

    pub(super) fn is_target(&self) -> bool {
        self.roots.contains(&"target")
    }

    /// A job at a target.
    pub(super) fn target() -> Self {
        Self {
            roots: &["release", "stage", "wave", "target", "vars", "secrets", "inputs", "env", "artifacts"],
            needs: Vec::new(),
            matrix: None,
        }
    }

    /// An alarm, whose texts are inserted when the plan is made.
    pub(super) fn alarm() -> Self {
        Self { roots: &["stage", "wave", "target", "inputs"], needs: Vec::new(), matrix: None }
    }

    /// What is decided when the plan is made.
    pub(super) fn plan() -> Self {
        Self { roots: &["stage", "target", "inputs"], needs: Vec::new(), matrix: None }
    }

    /// What is read in front of a stage, for all its targets at once.
    pub(super) fn gate() -> Self {
        Self { roots: &["stage", "inputs"], needs: Vec::new(), matrix: None }
    }

    /// What belongs to the pipeline and to no release.
    pub(super) fn settings() -> Self {
        Self { roots: &["vars", "secrets"], needs: Vec::new(), matrix: None }
    }
}

const TARGET_FIELDS: &[&str] = &["name", "account", "region", "unit"];

impl Lower<'_> {
    /// Checks every `${{ … }}` of `text`, and remembers the secrets and variables that it names.
    pub(super) fn inserted(&mut self, text: &str, span: Span, scope: &Scope) {
        if !text.contains("${{") {
            return;
        }
        match Template::parse(text) {
            Ok(template) => {
                let written: Vec<_> = template
                    .expressions()
                    .map(|(expression, range)| (expression.references(), text.get(range).unwrap_or_default()))
                    .collect();
                for (references, written) in written {
                    let span = self.locate(span, written);
                    self.references(&references, span, scope);
                }
            }
            Err(error) => {
                let from = text.get(error.offset..).unwrap_or_default();
                let rest: String = from.chars().take_while(|character| *character != '\n').take(24).collect();
                let span = self.locate(span, rest.trim_end());
                self.report(Problem::error(Code::BadExpression, span, error.message).expected("a CEL expression inside `${{ … }}`"));
            }
        }
    }

    /// Checks a condition.
    pub(super) fn condition(&mut self, text: &str, span: Span, scope: &Scope) -> String {
        // People write `if: ${{ … }}` as elsewhere; the condition is what stands inside.
        let bare = text.trim().strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}")).map_or(text, str::trim);
        match Expression::parse(bare) {
            Ok(expression) => self.references(&expression.references(), span, scope),
            Err(error) => {
                let rest: String = bare.get(error.offset..).unwrap_or_default().chars().take(24).collect();
                let span = self.locate(span, rest.trim_end());
                self.report(
                    Problem::error(Code::BadExpression, span, error.message)
                        .expected("a CEL expression such as `release.branch == 'main'`"),
                );
            }
        }
        bare.to_owned()
    }

    fn references(&mut self, references: &BTreeSet<String>, span: Span, scope: &Scope) {
        for reference in references {
            let mut path = reference.split('.');
            let root = path.next().unwrap_or_default();
            let field = path.next();
            if root == "matrix"
                && let Some(axes) = &scope.matrix
            {
                match (axes, field) {
                    (Axes::Named(names), Some(field)) => self.one_of(span, "the matrix of this job", field, names.clone()),
                    (Axes::Named(_), None) | (Axes::Any, _) => {}
                }
                continue;
            }
            if !scope.roots.contains(&root) {
                let problem = Problem::error(Code::UnknownValueName, span, format!("there is no value `{root}` here"));
                self.report(problem.expected(one_of(scope.roots.iter().copied())).suggest(root, scope.roots.iter().copied()));
                continue;
            }
            match (root, field) {
                ("secrets", Some(name)) => {
                    self.touch(Kind::Secret, name, span);
                    if self.environment.is_untrusted && self.joined.is_some() {
                        let message = format!("`secrets.{name}` is not given to what comes from a fork (D6)");
                        self.report(
                            Problem::error(Code::NotAllowed, span, message).help("leave it out, or have the pull request approved"),
                        );
                    }
                    self.named.secrets.insert(name.to_owned());
                }
                ("vars", Some(name)) => _ = self.named.vars.insert(name.to_owned()),
                ("secrets" | "vars", None) => self.report(
                    Problem::error(Code::BadExpression, span, format!("`{root}` must be named one by one"))
                        .expected(format!("`{root}.NAME`"))
                        .help("a job gets only those that it names"),
                ),
                ("target", Some(field)) => self.one_of(span, "a target", field, TARGET_FIELDS.iter().copied().map(str::to_owned).collect()),
                ("inputs", Some(field)) => self.one_of(span, "the manual trigger", field, self.inputs.iter().cloned().collect()),
                ("needs", Some(_)) if scope.needs.iter().any(|name| names(reference, name)) => {}
                ("needs", Some(field)) => self.one_of(span, "`needs` of this job", field, scope.needs.clone()),
                _ => {}
            }
        }
    }

    fn one_of(&mut self, span: Span, what: &str, field: &str, known: Vec<String>) {
        if known.iter().any(|name| name == field) || self.reader.is_incomplete() || self.reader.skips() {
            return;
        }
        let problem = Problem::error(Code::UnknownValueName, span, format!("{what} has no `{field}`"));
        let problem = if known.is_empty() { problem } else { problem.expected(one_of(known.iter().map(String::as_str))) };
        // `needs.job-1` is a subtraction to CEL.
        let dashed = known.iter().find(|name| name.strip_prefix(field).is_some_and(|rest| rest.starts_with('-')));
        self.report(match dashed {
            Some(name) => problem.help(format!("write a name with a `-` as `['{name}']`")),
            None => problem.suggest(field, known.iter().map(String::as_str)),
        });
    }
}

/// A job's name may hold dots: `needs['test-1.10'].outputs.count`.
fn names(reference: &str, job: &str) -> bool {
    let rest = reference.strip_prefix("needs.").and_then(|rest| rest.strip_prefix(job));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
