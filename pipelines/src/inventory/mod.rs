//! Targets with labels: a file of the repository, or the server's registry of accounts and regions.

mod read;
mod waves;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::expression::{Context, Expression};
pub(crate) use waves::{DerivedWave, Rule, Size, derive};

/// Every target that there is, in the order of its file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    places: Vec<Place>,
}

/// A target and its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub target: String,
    /// Texts, numbers and booleans.
    pub labels: BTreeMap<String, Value>,
}

/// Names that an expression over labels has besides the labels.
const OWN_NAMES: [&str; 2] = ["target", "labels"];

impl Inventory {
    #[must_use]
    pub fn new(places: Vec<Place>) -> Self {
        Self { places }
    }

    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Every name that an expression over its targets may say.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        let labels = self.places.iter().flat_map(|place| place.labels.keys().map(String::as_str));
        labels.chain(OWN_NAMES).collect()
    }

    /// The targets for which `condition` is true. A label that a target lacks is `null` there.
    ///
    /// # Errors
    /// The first target for which the condition is neither true nor false, and why.
    pub(crate) fn matching(&self, condition: &Expression) -> Result<Vec<&Place>, (String, String)> {
        let names = self.names();
        let used: Vec<&str> = condition
            .references()
            .iter()
            .filter_map(|reference| names.get(reference.split('.').next().unwrap_or_default()).copied())
            .collect();
        let mut found = Vec::new();
        for place in &self.places {
            let mut context = Context::new();
            for name in &used {
                context.set(*name, place.value(name));
            }
            match condition.evaluate_bool(&context) {
                Ok(true) => found.push(place),
                Ok(false) => {}
                Err(error) => return Err((place.target.clone(), error.message)),
            }
        }
        Ok(found)
    }
}

impl Place {
    /// Without labels.
    #[must_use]
    pub fn new(target: impl Into<String>) -> Self {
        Self { target: target.into(), labels: BTreeMap::new() }
    }

    fn value(&self, name: &str) -> Value {
        match name {
            "target" => {
                let mut parts = self.target.splitn(3, '/');
                let mut part = || parts.next().unwrap_or_default();
                json!({ "name": self.target, "account": part(), "region": part(), "unit": part() })
            }
            "labels" => json!(self.labels),
            name => self.labels.get(name).cloned().unwrap_or_default(),
        }
    }

    /// What no two targets of a wave share (W4): the label `region`, the region of `account/region/unit`, or the target itself.
    pub(crate) fn region(&self) -> &str {
        let label = self.labels.get("region").and_then(Value::as_str);
        label.or_else(|| self.target.split('/').nth(1)).unwrap_or(&self.target)
    }

    /// Which regions back each other up: those of one `pair` never change at once.
    pub(crate) fn pair(&self) -> Option<String> {
        self.text("pair")
    }

    pub(crate) fn number(&self, label: &str) -> Option<f64> {
        self.labels.get(label).and_then(Value::as_f64)
    }

    /// A label as a text, as it groups targets.
    pub(crate) fn text(&self, label: &str) -> Option<String> {
        match self.labels.get(label)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}
