use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Fragment, FragmentJob};
use crate::expression::{Context, Expression, Template};
use crate::plan::{AxisValues, DeferredMatrix, Job, Parallel, Step};

/// How many jobs one matrix may stand for.
pub(crate) const MOST_COMBINATIONS: usize = 256;
/// A longer name is cut down to a digest.
const LONGEST_NAME: usize = 64;

/// One choice of a value for each axis, in the order of the axes.
pub(crate) type Combination = Vec<(String, String)>;

/// Why a matrix has no combinations, once its values are known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    #[error("the matrix of `{job}` cannot be read: {reason}")]
    Unreadable { job: String, reason: String },
    #[error("the matrix of `{job}` stands for {count} jobs; at most {MOST_COMBINATIONS} are allowed (D4)")]
    TooMany { job: String, count: usize },
    #[error("the matrix of `{job}` stands for no job")]
    Empty { job: String },
}

/// The jobs of a matrix once the outputs that it names are known: `context` is that of the job, with `needs`.
/// `stage` is the name of its stage. Equal arguments, equal fragment.
///
/// # Errors
/// An expression that cannot be evaluated, a value that is no list of texts, or too many combinations.
pub fn expand_matrix(stage: &str, matrix: &DeferredMatrix, context: &Context) -> Result<Fragment, MatrixError> {
    let name = &matrix.job.name;
    let unreadable = |reason: String| MatrixError::Unreadable { job: name.clone(), reason };
    let mut axes = Vec::new();
    let (mut include, mut exclude) = (matrix.include.clone(), matrix.exclude.clone());
    if let Some(whole) = &matrix.whole {
        let value = evaluated(whole, context).map_err(unreadable)?;
        let Value::Object(entries) = value else { return Err(unreadable("it is not a map from an axis to its values".to_owned())) };
        for (axis, value) in entries {
            match axis.as_str() {
                "include" => include.extend(combinations_of(&value).map_err(unreadable)?),
                "exclude" => exclude.extend(combinations_of(&value).map_err(unreadable)?),
                _ => axes.push((axis.clone(), texts(&axis, &value).map_err(unreadable)?)),
            }
        }
    }
    for axis in &matrix.axes {
        let values = match &axis.values {
            AxisValues::Listed(values) => values.clone(),
            AxisValues::From(text) => texts(&axis.name, &evaluated(text, context).map_err(unreadable)?).map_err(unreadable)?,
        };
        axes.push((axis.name.clone(), values));
    }
    let found = combinations(&axes, &include, &exclude).map_err(|count| MatrixError::TooMany { job: name.clone(), count })?;
    if found.is_empty() {
        return Err(MatrixError::Empty { job: name.clone() });
    }
    let parallel = (matrix.max_parallel > 0).then(|| Parallel { group: format!("{stage}/{name}"), limit: matrix.max_parallel });
    let axes: Vec<&str> = axes.iter().map(|(axis, _)| axis.as_str()).collect();
    let jobs: Vec<FragmentJob> = names(name, &axes, &found)
        .into_iter()
        .zip(&found)
        .map(|(own, combination)| {
            let job = Job { parallel: parallel.clone(), ..specialised(&matrix.job, &own, combination) };
            FragmentJob { key: format!("{stage}/{own}"), needs: Vec::new(), job, replace: false }
        })
        .collect();
    let digest = format!("sha256:{}", hex::encode(Sha256::digest(json!(found).to_string())));
    Ok(Fragment { digest, jobs, ..Fragment::default() })
}

/// A list or map that stands in an output as JSON, or that an expression makes.
fn evaluated(text: &str, context: &Context) -> Result<Value, String> {
    let template = Template::parse(text).map_err(|error| error.message)?;
    let single = template.expressions().next().filter(|(_, span)| *span == (0..text.len()));
    let value = match single {
        Some((expression, _)) => expression.evaluate(context).map_err(|error| error.message)?,
        None => Value::String(template.render(context).map_err(|error| error.message)?),
    };
    match value {
        Value::String(json) => serde_json::from_str(&json).map_err(|error| format!("the value is not JSON: {error}")),
        value => Ok(value),
    }
}

fn texts(axis: &str, value: &Value) -> Result<Vec<String>, String> {
    let Value::Array(items) = value else { return Err(format!("the value of `{axis}` is not a list")) };
    items.iter().map(|item| text(item).ok_or_else(|| format!("`{axis}` has a value that is no text, number or boolean"))).collect()
}

fn combinations_of(value: &Value) -> Result<Vec<BTreeMap<String, String>>, String> {
    let wrong = || "`include` and `exclude` are lists of maps of texts".to_owned();
    let Value::Array(items) = value else { return Err(wrong()) };
    let map = |item: &Value| -> Option<BTreeMap<String, String>> {
        item.as_object()?.iter().map(|(name, value)| Some((name.clone(), text(value)?))).collect()
    };
    items.iter().map(|item| map(item).ok_or_else(wrong)).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Every combination in the order of the file; what `exclude` names is left out, then `include` adds values to the
/// combinations that it fits, or a combination of its own.
///
/// # Errors
/// How many there would be, when there are too many: counted, never made.
pub(crate) fn combinations(
    axes: &[(String, Vec<String>)],
    include: &[BTreeMap<String, String>],
    exclude: &[BTreeMap<String, String>],
) -> Result<Vec<Combination>, usize> {
    let whole = axes.iter().map(|(_, values)| values.len()).fold(1_usize, usize::saturating_mul);
    // What `exclude` takes out may make up for some, so the product may be a little larger, and no more than that.
    if whole > MOST_COMBINATIONS * 16 || include.len() > MOST_COMBINATIONS || exclude.len() > MOST_COMBINATIONS * 16 {
        return Err(whole.max(include.len()).max(exclude.len()));
    }
    let mut found: Vec<Combination> = if axes.is_empty() { Vec::new() } else { vec![Vec::new()] };
    for (axis, values) in axes {
        let with = |before: &Combination| {
            let before = before.clone();
            values.iter().map(move |value| before.iter().cloned().chain([(axis.clone(), value.clone())]).collect())
        };
        found = found.iter().flat_map(with).collect();
    }
    let has = |combination: &Combination, part: &BTreeMap<String, String>| {
        part.iter().all(|(name, value)| combination.iter().any(|(axis, own)| axis == name && own == value))
    };
    found.retain(|combination| !exclude.iter().any(|part| has(combination, part)));
    let of_axes = found.len();
    let is_axis = |name: &String| axes.iter().any(|(axis, _)| axis == name);
    for part in include {
        let fixed: BTreeMap<String, String> = part.iter().filter(|(name, _)| is_axis(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        let mut fits = false;
        for combination in found.iter_mut().take(of_axes).filter(|combination| fixed.len() < part.len() && has(combination, &fixed)) {
            fits = true;
            combination.retain(|(name, _)| is_axis(name) || !part.contains_key(name));
            combination.extend(part.iter().filter(|(name, _)| !is_axis(name)).map(|(n, v)| (n.clone(), v.clone())));
        }
        if !fits && !found.iter().any(|combination| has(combination, part)) {
            found.push(part.iter().map(|(name, value)| (name.clone(), value.clone())).collect());
        }
    }
    if found.len() > MOST_COMBINATIONS { Err(found.len()) } else { Ok(found) }
}

/// What the job of each combination is called: the name and the values of its axes, or a digest where that is no name.
pub(crate) fn names(job: &str, axes: &[&str], combinations: &[Combination]) -> Vec<String> {
    let plain: Vec<String> = combinations.iter().map(|combination| plain_name(job, axes, combination)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &plain {
        *counts.entry(name).or_default() += 1;
    }
    let chosen = plain.iter().zip(combinations).map(|(name, combination)| {
        if name.len() <= LONGEST_NAME && counts.get(name.as_str()) == Some(&1) {
            return name.clone();
        }
        let digest = hex::encode(Sha256::digest(json!(combination).to_string()));
        let short: String = job.chars().take(LONGEST_NAME - 13).collect();
        format!("{short}-{}", digest.get(..12).unwrap_or_default())
    });
    chosen.collect()
}

fn plain_name(job: &str, axes: &[&str], combination: &Combination) -> String {
    let of_axes: Vec<&String> = combination.iter().filter(|(name, _)| axes.contains(&name.as_str())).map(|(_, value)| value).collect();
    let values = if of_axes.is_empty() { combination.iter().map(|(_, value)| value).collect() } else { of_axes };
    let part = |value: &String| -> String {
        let kept = value.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' });
        kept.take(LONGEST_NAME).collect()
    };
    std::iter::once(job.to_owned()).chain(values.into_iter().map(part)).collect::<Vec<_>>().join("-")
}

/// The job of one combination: every `matrix.…` of its texts in place. Its artifacts bear the end of its name too.
pub(crate) fn specialised(job: &Job, name: &str, combination: &Combination) -> Job {
    let values: Map<String, Value> = combination.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let inserter = Inserter { context: Context::new().with("matrix", values.clone()), json: Value::Object(values).to_string() };
    let mut own = job.clone();
    let suffix = name.strip_prefix(job.name.as_str()).unwrap_or(name);
    for artifact in &mut own.artifacts_out {
        artifact.name = format!("{}{suffix}", artifact.name);
        inserter.text(&mut artifact.path);
    }
    own.name = name.to_owned();
    for step in own.steps.iter_mut().chain(&mut own.on_failure).chain(&mut own.finally) {
        inserter.step(step);
    }
    own.env.values_mut().for_each(|text| inserter.text(text));
    own.container.iter_mut().for_each(|text| inserter.text(text));
    inserter.text(&mut own.runs_on.pool);
    own.runs_on.labels.values_mut().for_each(|text| inserter.text(text));
    own.condition = own.condition.as_deref().and_then(|condition| inserter.condition(condition));
    own.artifacts_in.iter_mut().for_each(|artifact| inserter.text(&mut artifact.path));
    own
}

struct Inserter {
    context: Context,
    /// The values as a map of CEL: JSON of texts is one.
    json: String,
}

impl Inserter {
    fn step(&self, step: &mut Step) {
        for text in [&mut step.name, &mut step.run, &mut step.working_directory].into_iter().chain(step.env.values_mut()) {
            self.text(text);
        }
        step.condition = step.condition.as_deref().and_then(|condition| self.condition(condition));
    }

    /// Inserts what names the matrix alone; where an expression names other values too, the matrix goes with it.
    fn text(&self, text: &mut String) {
        if !text.contains("${{") {
            return;
        }
        // The text was checked when the file was compiled; what cannot be read stays and is shown as it is.
        let Ok(template) = Template::parse(text) else { return };
        let mut inserted = String::new();
        let mut position = 0;
        for (expression, span) in template.expressions() {
            let references = expression.references();
            if !references.iter().any(|reference| is_matrix(reference)) {
                continue;
            }
            inserted.push_str(text.get(position..span.start).unwrap_or_default());
            inserted.push_str(&self.expression(expression, &references));
            position = span.end;
        }
        inserted.push_str(text.get(position..).unwrap_or_default());
        *text = inserted;
    }

    fn expression(&self, expression: &Expression, references: &BTreeSet<String>) -> String {
        let alone = references.iter().all(|reference| is_matrix(reference));
        match expression.evaluate(&self.context) {
            Ok(Value::String(value)) if alone && !value.contains(['$', '{']) => value,
            Ok(value) if alone => format!("${{{{ {value} }}}}"),
            _ => format!("${{{{ [{}].map(matrix, {})[0] }}}}", self.json, expression.text().trim()),
        }
    }

    /// None: it is true whatever comes.
    fn condition(&self, condition: &str) -> Option<String> {
        let Ok(expression) = Expression::parse(condition) else { return Some(condition.to_owned()) };
        let references = expression.references();
        if !references.iter().any(|reference| is_matrix(reference)) {
            return Some(condition.to_owned());
        }
        match expression.evaluate_bool(&self.context) {
            Ok(true) if references.iter().all(|reference| is_matrix(reference)) => None,
            Ok(false) if references.iter().all(|reference| is_matrix(reference)) => Some("false".to_owned()),
            _ => Some(format!("[{}].all(matrix, {})", self.json, expression.text().trim())),
        }
    }
}

fn is_matrix(reference: &str) -> bool {
    reference == "matrix" || reference.starts_with("matrix.")
}
