//! The OpenAPI document, generated from the routes; committed as `docs/openapi.json`.

use pipelines::plan::Plan;
use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};

use crate::problem::Problem;
use crate::route::Description;
use crate::router;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tidegate",
        version = "1",
        description = "The API of a Tidegate server. Errors are application/problem+json (RFC 9457) with a stable `code`."
    ),
    components(schemas(
        Problem,
        crate::types::Synced,
        crate::types::Reset,
        crate::types::LogTail,
        crate::types::OnlyPipelines,
        crate::types::ExportFormat
    ))
)]
struct Base;

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let Description { paths, schemas } = router::description();
    let mut document = Base::openapi();
    document.paths = paths;
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
    let bearer = |description: &str| {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description = Some(description.to_owned());
        SecurityScheme::Http(http)
    };
    components.add_security_scheme("token", bearer("An API token, `tg_<id>_<secret>`."));
    components.add_security_scheme("runner", bearer("A runner's own token."));
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-tidegate"))));
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    for (name, schema) in [("Plan", schemars::schema_for!(Plan)), ("Diagnostic", schemars::schema_for!(pipelines::Diagnostic))] {
        adopt(&mut document, name, schema.to_value());
    }
    constant_tags(&mut document);
    document
}

/// The document as the text of its file.
#[must_use]
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

/// For fields whose type describes itself with `schemars`.
pub(crate) fn plan() -> RefOr<Schema> {
    RefOr::Ref(utoipa::openapi::Ref::from_schema_name("Plan"))
}

pub(crate) fn diagnostics() -> RefOr<Schema> {
    let one: RefOr<Schema> = RefOr::Ref(utoipa::openapi::Ref::from_schema_name("Diagnostic"));
    RefOr::T(Schema::Array(ArrayBuilder::new().items(one).build()))
}

/// Puts a JSON Schema among the components, its definitions as `Plan.Stage` beside it.
fn adopt(document: &mut Value, name: &str, mut schema: Value) {
    let definitions = schema.as_object_mut().and_then(|object| {
        object.remove("$schema");
        object.remove("$defs")
    });
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let mut put = |key: String, mut schema: Value| {
        rename(&mut schema, name);
        schemas.insert(key, schema);
    };
    put(name.to_owned(), schema);
    if let Some(Value::Object(definitions)) = definitions {
        for (key, schema) in definitions {
            put(format!("{name}.{key}"), schema);
        }
    }
}

fn rename(schema: &mut Value, name: &str) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(text) if key == "$ref" => {
                        if let Some(definition) = text.strip_prefix("#/$defs/") {
                            *text = format!("#/components/schemas/{name}.{definition}");
                        } else if text == "#" {
                            // It names itself.
                            *text = format!("#/components/schemas/{name}");
                        }
                    }
                    _ => rename(value, name),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, name)),
        _ => {}
    }
}

/// A tag with one possible value is a `const`, and there is no `discriminator`, so that generated
/// clients narrow a `oneOf` by its tag.
fn constant_tags(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let is_union = object.contains_key("oneOf");
            if is_union {
                object.remove("discriminator");
            }
            if let Some(one) = single(object) {
                object.remove("enum");
                object.insert("const".to_owned(), one);
            }
            object.values_mut().for_each(constant_tags);
        }
        Value::Array(items) => items.iter_mut().for_each(constant_tags),
        _ => {}
    }
}

fn single(object: &Map<String, Value>) -> Option<Value> {
    let is_text = object.get("type") == Some(&json!("string"));
    match object.get("enum")?.as_array()?.as_slice() {
        [one] if is_text => Some(one.clone()),
        _ => None,
    }
}
