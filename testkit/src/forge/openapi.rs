//! GitHub's own description of its API (`@octokit/openapi`, MIT), which judges what is asked of the fake and what the fake answers.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

/// A description as `scripts/install hooks` puts it below `target/`.
#[derive(Debug)]
pub(super) struct Description(Value);

/// One operation of the API.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation<'d> {
    description: &'d Description,
    path: &'d str,
    value: &'d Value,
    /// Of the path, for all its operations.
    shared: Option<&'d Value>,
}

/// How deep a schema may nest.
const DEEPEST: usize = 40;

impl Description {
    /// Read once by each process.
    ///
    /// # Panics
    /// When it is not installed: a test that leaves it out would prove nothing.
    pub(super) fn get() -> &'static Self {
        static READ: OnceLock<Description> = OnceLock::new();
        READ.get_or_init(|| {
            let file =
                PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/fixtures/octokit-openapi/package/generated/api.github.com.json");
            let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}; run `scripts/install hooks`", file.display()));
            Description(serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
        })
    }

    /// The operation at this path; the one with the most literal parts where several fit.
    pub(super) fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            let is_same =
                parts.len() == asked.len() && parts.iter().zip(&asked).all(|(part, asked)| part.starts_with('{') || part == asked);
            is_same.then(|| parts.iter().filter(|part| !part.starts_with('{')).count())
        };
        let paths = self.0["paths"].as_object()?;
        let (_, path, item) =
            paths.iter().filter_map(|(path, item)| Some((fits(path)?, path, item))).max_by_key(|(literal, ..)| *literal)?;
        let value = item.get(method.to_lowercase())?;
        Some(Operation { description: self, path, value, shared: item.get("parameters") })
    }

    fn resolve<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
            Some(pointer) => self.0.pointer(pointer).map_or(value, |found| self.resolve(found)),
            None => value,
        }
    }

    /// What is wrong with `value`, if anything.
    fn judge(&self, schema: &Value, value: &Value, place: &str, depth: usize) -> Vec<String> {
        let schema = self.resolve(schema);
        if depth > DEEPEST || (value.is_null() && schema["nullable"] == true) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            found.extend(self.judge(part, value, place, depth + 1));
        }
        for choice in ["anyOf", "oneOf"] {
            let Some(choices) = schema[choice].as_array() else { continue };
            let judged: Vec<Vec<String>> = choices.iter().map(|choice| self.judge(choice, value, place, depth + 1)).collect();
            if !judged.iter().any(Vec::is_empty) {
                found.push(format!(
                    "{place}: none of {} shapes fits; {}",
                    judged.len(),
                    judged.into_iter().flatten().take(3).collect::<Vec<_>>().join(", ")
                ));
            }
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            found.push(format!("{place}: {value} is none of {}", schema["enum"]));
        }
        found.extend(wrong_type(schema, value, place));
        if let Some(text) = value.as_str()
            && schema["maxLength"].as_u64().is_some_and(|most| text.chars().count() as u64 > most)
        {
            found.push(format!("{place}: longer than {}", schema["maxLength"]));
        }
        if let Some(items) = value.as_array() {
            if schema["maxItems"].as_u64().is_some_and(|most| items.len() as u64 > most) {
                found.push(format!("{place}: more than {} items", schema["maxItems"]));
            }
            for (at, item) in items.iter().enumerate().filter(|_| schema.get("items").is_some()) {
                found.extend(self.judge(&schema["items"], item, &format!("{place}[{at}]"), depth + 1));
            }
        }
        if let Some(fields) = value.as_object() {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !fields.contains_key(name) {
                    found.push(format!("{place}: `{name}` is missing"));
                }
            }
            for (name, field) in fields {
                match schema["properties"].get(name) {
                    Some(known) => found.extend(self.judge(known, field, &format!("{place}.{name}"), depth + 1)),
                    None if schema["additionalProperties"] == false => found.push(format!("{place}: there is no `{name}`")),
                    None => {}
                }
            }
        }
        found
    }
}

fn wrong_type(schema: &Value, value: &Value, place: &str) -> Option<String> {
    let is_kind = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    let kind = schema["type"].as_str()?;
    (!is_kind(kind)).then(|| format!("{place}: {value} is no {kind}").chars().take(200).collect())
}

impl Operation<'_> {
    /// What GitHub would not understand of a request.
    pub(super) fn judge_request(&self, query: &[(String, String)], body: &Value) -> Vec<String> {
        let mut found = Vec::new();
        let own = self.value["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<&Value> = own
            .chain(self.shared.and_then(Value::as_array).into_iter().flatten())
            .map(|parameter| self.description.resolve(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .collect();
        for (name, value) in query {
            let Some(parameter) = parameters.iter().find(|parameter| parameter["name"] == **name) else {
                found.push(format!("{}: there is no parameter `{name}`", self.path));
                continue;
            };
            let schema = self.description.resolve(&parameter["schema"]);
            let value = match schema["type"].as_str() {
                Some("integer" | "number") => value.parse::<i64>().map_or_else(|_| Value::from(value.as_str()), Value::from),
                Some("boolean") => value.parse::<bool>().map_or_else(|_| Value::from(value.as_str()), Value::from),
                _ => Value::from(value.as_str()),
            };
            found.extend(self.description.judge(schema, &value, &format!("{}?{name}", self.path), 0));
        }
        let schema = &self.value["requestBody"]["content"]["application/json"]["schema"];
        if body.is_null() {
            return found;
        }
        if schema.is_null() {
            found.push(format!("{} takes no body", self.path));
            return found;
        }
        let schema = self.description.resolve(schema);
        found.extend(self.description.judge(schema, body, self.path, 0));
        // A key that GitHub would silently leave out is a slip of ours.
        for name in body.as_object().into_iter().flat_map(|fields| fields.keys()) {
            if schema["properties"].get(name).is_none() && schema.get("oneOf").is_none() {
                found.push(format!("{}: GitHub knows no `{name}` here", self.path));
            }
        }
        found
    }

    /// What GitHub would never answer so.
    pub(super) fn judge_answer(&self, status: u16, body: &Value) -> Vec<String> {
        let answers = &self.value["responses"];
        let Some(answer) = answers.get(status.to_string()) else {
            // What holds everywhere is not listed everywhere.
            return if [401, 403, 404, 422, 429, 304].contains(&status) || status >= 500 {
                Vec::new()
            } else {
                vec![format!("{}: there is no answer {status}", self.path)]
            };
        };
        let schema = &self.description.resolve(answer)["content"]["application/json"]["schema"];
        if schema.is_null() || status == 304 {
            return Vec::new();
        }
        let place = format!("{} {status}", self.path);
        // Some of GitHub's own examples are older than its schemas; what they lack is not the fake's fault.
        let theirs = self.example(status).map(|example| self.description.judge(schema, example, &place, 0)).unwrap_or_default();
        let theirs: Vec<String> = theirs.iter().map(|found| wherever(found)).collect();
        let found = self.description.judge(schema, body, &place, 0);
        found.into_iter().filter(|found| !theirs.contains(&wherever(found))).collect()
    }

    fn example(&self, status: u16) -> Option<&Value> {
        let answer = self.description.resolve(&self.value["responses"][status.to_string()]);
        let example = answer["content"]["application/json"]["examples"].as_object()?.values().next()?;
        Some(&self.description.resolve(example)["value"]).filter(|example| !example.is_null())
    }

    /// GitHub's own example of an answer, with what is known here put in its place.
    pub(super) fn complete(&self, status: u16, known: Value) -> Value {
        match self.example(status) {
            Some(example) => laid_over(example, known),
            None => known,
        }
    }
}

/// Without the positions in lists.
fn wherever(found: &str) -> String {
    let mut inside = false;
    let outside = |letter: &char| {
        inside = *letter == '[' || (inside && *letter != ']');
        !inside
    };
    found.chars().filter(outside).collect()
}

fn laid_over(example: &Value, known: Value) -> Value {
    match (example, known) {
        (Value::Object(example), Value::Object(known)) => {
            let mut all = example.clone();
            for (name, value) in known {
                let value = match example.get(&name) {
                    // Those that are named are all that there are.
                    Some(_) if name == "permissions" => value,
                    Some(example) => laid_over(example, value),
                    None => value,
                };
                all.insert(name, value);
            }
            Value::Object(all)
        }
        (Value::Array(examples), Value::Array(known)) => match examples.first() {
            Some(example) => known.into_iter().map(|value| laid_over(example, value)).collect(),
            None => Value::Array(known),
        },
        (_, known) => known,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_slip_in_a_request_and_a_wrong_answer_are_found() {
        let operation = Description::get().operation("POST", "/repos/acme/orders/check-runs").expect("it is described");
        let good = json!({"name": "x", "head_sha": "a", "status": "queued", "output": {"title": "t", "summary": "s"}});
        assert_eq!(operation.judge_request(&[], &good), Vec::<String>::new());
        for (slip, says) in [
            (json!({"name": "x", "head_sha": "a", "detail_url": "https://x"}), "knows no `detail_url`"),
            (json!({"name": 7, "head_sha": "a"}), "is no string"),
            (
                json!({"name": "x", "head_sha": "a", "actions": [{"label": "l", "description": "d", "identifier": "longer than twenty letters"}]}),
                "longer than 20",
            ),
        ] {
            let found = operation.judge_request(&[], &slip).join("; ");
            assert!(found.contains(says), "{found}");
        }
        assert!(!operation.judge_answer(201, &json!({"id": 1})).is_empty());
        assert_eq!(operation.judge_answer(201, &operation.complete(201, json!({"id": 1}))), Vec::<String>::new());
        let pulls = Description::get().operation("GET", "/repos/acme/orders/pulls").expect("it is described");
        let slip = [("state".to_owned(), "opened".to_owned()), ("bas".to_owned(), "main".to_owned())];
        assert_eq!(pulls.judge_request(&slip, &Value::Null).len(), 2);
    }
}
