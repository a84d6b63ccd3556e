//! Generated documents are committed and may not drift; `UPDATE=1` rewrites them.

use std::path::PathBuf;

use api::auth::Access;
use api::problem::Code;
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says so in the environment")]
fn is_update() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

#[track_caller]
fn same(name: &str, expected: &str) {
    if is_update() {
        std::fs::write(path(name), expected).expect("docs can be written");
    }
    let committed = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(committed == expected, "docs/{name} is not up to date: UPDATE=1 cargo test -p tidegate-api documents");
}

#[test]
fn the_openapi_document_is_up_to_date() {
    same("openapi.json", &api::openapi::text());
}

#[test]
fn the_tables_of_the_api_page_are_up_to_date() {
    let page = std::fs::read_to_string(path("api.md")).expect("docs/api.md");
    let page = between(&page, "routes", &routes());
    same("api.md", &between(&page, "codes", &codes()));
}

/// The page with what stands between `<!-- name -->` and `<!-- /name -->` replaced.
fn between(page: &str, name: &str, table: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&open).unwrap_or_else(|| panic!("docs/api.md has no {open}"));
    let (_, after) = rest.split_once(&close).unwrap_or_else(|| panic!("docs/api.md has no {close}"));
    format!("{before}{open}{table}{close}{after}")
}

fn routes() -> String {
    let document = api::openapi::document();
    let rows = api::table().into_iter().map(|route| {
        let who = match route.access {
            Access::Anyone => "anyone".to_owned(),
            Access::AtLeast(role) => role.to_string(),
            Access::Runner => "runner".to_owned(),
        };
        let method = route.method.as_str().to_lowercase();
        let summary = document["paths"][&route.path][&method]["summary"].as_str().unwrap_or_default().to_owned();
        format!("| {} | `{}` | {who} | {summary} |\n", route.method, route.path)
    });
    format!("| method | path | who | what |\n|---|---|---|---|\n{}", rows.collect::<String>())
}

fn codes() -> String {
    let rows = Code::ALL.iter().map(|code| format!("| `{}` | {} | {} |\n", code.name(), code.status().as_u16(), code.title()));
    format!("| code | status | meaning |\n|---|---|---|\n{}", rows.collect::<String>())
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = api::openapi::document();
    let mut missing = Vec::new();
    walk(&document, &mut |key, value| {
        if let (Some("$ref"), Some(reference)) = (key, value.as_str()) {
            let found = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            if found.is_none() {
                missing.push(reference.to_owned());
            }
        }
    });
    assert_eq!(missing, Vec::<String>::new());
}

/// Generated clients narrow a union by its tag only when the tag is a `const` and there is no `discriminator`.
#[test]
fn unions_have_constant_tags_and_no_discriminator() {
    let document = api::openapi::document();
    let mut bad = Vec::new();
    walk(&document, &mut |key, value| {
        let single = value.get("enum").and_then(Value::as_array).is_some_and(|values| values.len() == 1);
        if key == Some("discriminator") || single {
            bad.push(value.to_string());
        }
    });
    assert_eq!(bad, Vec::<String>::new());
    let scope = &document["components"]["schemas"]["Place"]["oneOf"][0]["properties"]["kind"];
    assert_eq!(scope["const"], "target", "{}", document["components"]["schemas"]["Place"]);
}

#[test]
fn every_operation_says_who_may_call_it_and_how_it_fails() {
    let document = api::openapi::document();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            assert!(operation["x-permission"].is_string(), "{method} {path}");
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        }
    }
}

fn walk(value: &Value, look: &mut impl FnMut(Option<&str>, &Value)) {
    fn inner(key: Option<&str>, value: &Value, look: &mut impl FnMut(Option<&str>, &Value)) {
        look(key, value);
        match value {
            Value::Object(object) => object.iter().for_each(|(key, value)| inner(Some(key), value, look)),
            Value::Array(items) => items.iter().for_each(|value| inner(None, value, look)),
            _ => {}
        }
    }
    inner(None, value, look);
}
