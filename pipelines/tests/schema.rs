//! The committed JSON Schemas are those of the types. `UPDATE=1 cargo test` writes them anew.

use std::fs;
use std::path::Path;

use serde_json::Value;

#[test]
fn the_committed_schemas_are_up_to_date() {
    for (name, schema) in [("pipeline", pipelines::schema::pipeline_schema()), ("block", pipelines::schema::block_schema())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
        let text = format!("{schema:#}\n");
        #[expect(clippy::disallowed_methods, reason = "the switch that writes expected files anew")]
        if std::env::var("UPDATE").is_ok() {
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "{} is out of date: run the test with UPDATE=1", path.display());
    }
}

/// Every `$ref` leads somewhere, and every map of fixed keys refuses others.
#[test]
fn the_schemas_are_closed_and_whole() {
    let schema = pipelines::schema::pipeline_schema();
    let mut references = Vec::new();
    let mut closed = 0;
    walk(&schema, &mut |value| {
        if let Some(Value::String(reference)) = value.get("$ref") {
            references.push(reference.clone());
        }
        closed += usize::from(value.get("additionalProperties") == Some(&Value::Bool(false)));
    });
    assert!(closed >= 20, "only {closed} closed maps");
    assert!(references.len() > 20);
    for reference in references {
        let path = reference.strip_prefix('#').unwrap();
        assert!(schema.pointer(path).is_some(), "{reference} leads nowhere");
    }
}

fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(map) => map.values().for_each(|item| walk(item, visit)),
        _ => {}
    }
}
