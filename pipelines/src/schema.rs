use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::file;

/// The JSON Schema (draft 2020-12) of the pipeline file, for editors. [`crate::compile`] knows more: what a schema
/// cannot say, such as names that must exist, only it reports.
#[must_use]
pub fn pipeline_schema() -> Value {
    schema_of::<file::Pipeline>("https://tidegate.dev/schema/pipeline.schema.json", "Tidegate pipeline")
}

/// The JSON Schema of `block.yaml`.
#[must_use]
pub fn block_schema() -> Value {
    schema_of::<file::Block>("https://tidegate.dev/schema/block.schema.json", "Tidegate block")
}

fn schema_of<T: JsonSchema>(id: &str, title: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    RecursiveTransform(without_null).transform(&mut schema);
    let mut schema = schema.to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".to_owned(), Value::from(id));
        root.insert("title".to_owned(), Value::from(title));
        // Keys that begin with `x-` are for anchors.
        root.insert("patternProperties".to_owned(), serde_json::json!({ "^x-": {} }));
    }
    schema
}

/// A key that may be left out may not be null: an empty value is most often a slip.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type")
        && types.len() > 1
    {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(options)) = object.get_mut("anyOf")
        && options.len() == 2
        && options.iter().any(|option| option.get("type") == Some(&Value::from("null")))
    {
        options.retain(|option| option.get("type") != Some(&Value::from("null")));
        let only = options.pop();
        object.remove("anyOf");
        if let Some(Value::Object(only)) = only {
            object.extend(only);
        }
    }
}
