use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::json;

use super::ExpandError;
use crate::expression::{Context, Expression};
use crate::model::{Pipeline, Stage, Target};

/// The pipeline without the targets for which the condition of their deployment is false.
pub(super) fn without<'p>(pipeline: &'p Pipeline, inputs: &BTreeMap<String, String>) -> Result<Cow<'p, Pipeline>, ExpandError> {
    let is_conditional = |stage: &Stage| stage.deploy.as_ref().is_some_and(|deploy| deploy.condition.is_some());
    if !pipeline.stages.iter().any(is_conditional) {
        return Ok(Cow::Borrowed(pipeline));
    }
    let mut own = pipeline.clone();
    for stage in &mut own.stages {
        let Some(condition) = stage.deploy.as_ref().and_then(|deploy| deploy.condition.clone()) else { continue };
        let facts = json!({ "name": stage.name, "production": stage.production });
        let context = Context::new().with("inputs", json!(inputs)).with("stage", facts);
        for wave in &mut stage.waves {
            let mut kept = Vec::new();
            for target in std::mem::take(&mut wave.targets) {
                if holds(&condition, &target, &context)? {
                    kept.push(target);
                } else {
                    own.derived.entry(stage.name.clone()).or_default().left_out.insert(target.name, condition.clone());
                }
            }
            wave.targets = kept;
            // As many as are left must be complete, and not more than there are.
            let left = u32::try_from(wave.targets.len()).unwrap_or(u32::MAX);
            wave.at_least = wave.at_least.map(|at_least| at_least.min(left)).filter(|at_least| *at_least > 0);
        }
    }
    Ok(Cow::Owned(own))
}

fn holds(condition: &str, target: &Target, context: &Context) -> Result<bool, ExpandError> {
    let facts = json!({
        "name": target.name,
        "account": target.account.as_deref().unwrap_or_default(),
        "region": target.region(),
        "unit": target.unit(),
    });
    let context = context.clone().with("target", facts);
    let value = Expression::parse(condition).and_then(|expression| expression.evaluate_bool(&context));
    value.map_err(|error| ExpandError::Undecided { target: target.name.clone(), reason: error.message })
}
