use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Inventory, OWN_NAMES, Place};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{Map, Node, Problem, Read, Reader, Text, Value, parse, record, shortened};

record! {
    /// An inventory: every target that there is, with its labels.
    InventoryFile: "an inventory" {
        /// By the name of the target: `prod/eu-west-1: {tier: prod, traffic: 120}`.
        targets = "targets": Map<Labels>,
    }
}

/// Labels of one target; nothing at all for none.
#[derive(Debug, Clone)]
pub(crate) struct Labels(BTreeMap<String, Json>);

impl Read for Labels {
    const WHAT: &'static str = "a map of labels such as `{tier: prod}`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        if node.is_null() {
            return Some(Self(BTreeMap::new()));
        }
        let Value::Mapping(entries) = &node.value else {
            reader.wrong_type(node, Self::WHAT);
            return None;
        };
        let mut labels = BTreeMap::new();
        for (key, value) in entries {
            let is_name = key.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && key.text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
            if !is_name || OWN_NAMES.contains(&key.text.as_str()) {
                let problem = Problem::error(Code::BadName, key.span, format!("`{}` cannot be a label", shortened(&key.text)));
                reader.report(problem.expected("letters, digits and `_`, the first a letter, and neither `target` nor `labels`"));
                continue;
            }
            if let Some(Text(text)) = Text::read(value, reader) {
                let plain = value.is_plain().then(|| serde_json::from_str(&text).ok()).flatten();
                let value = plain.filter(|value: &Json| value.is_number() || value.is_boolean());
                labels.insert(key.text.clone(), value.unwrap_or(Json::String(text)));
            }
        }
        Some(Self(labels))
    }
}

impl schemars::JsonSchema for Labels {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Labels".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["object", "null"],
            "propertyNames": { "pattern": "^[A-Za-z][A-Za-z0-9_]*$" },
            "additionalProperties": { "type": ["string", "number", "boolean"] },
        })
    }
}

impl Inventory {
    /// Reads an inventory; never fails and never panics. `name` is that of its file.
    #[must_use]
    pub fn read(name: &str, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let mut reader = Reader::default();
        let form = parse(text, &mut reader).and_then(|node| InventoryFile::read(&node, &mut reader));
        let mut seen = BTreeSet::new();
        let mut places = Vec::new();
        for (target, labels) in form.into_iter().flat_map(|form| form.targets.entries) {
            let parts: Vec<&str> = target.value.split('/').collect();
            if parts.len() > 3 || !parts.iter().all(|part| crate::lower::is_name(part)) {
                let message = format!("`{}` cannot be the name of a target", shortened(&target.value));
                let problem = Problem::error(Code::BadName, target.span, message);
                reader.report(problem.expected("`account/region`, `account/region/unit` or a plain name such as `local/a`"));
            }
            if seen.insert(target.value.clone()) {
                places.push(Place { target: target.value, labels: labels.0 });
            }
        }
        let inventory = (!reader.has_errors()).then_some(Self { places });
        (inventory, reader.finish(name, text))
    }
}
