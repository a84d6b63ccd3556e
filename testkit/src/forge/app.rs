//! The App of the fake: how it is made from a manifest and installed, in the browser, and what the API tells of it.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Value, json};
use url::Url;

use super::fake::{APP_ID, ForgeState, Shared, reply};
use super::hooks::{Sender, Sent};

/// Its name in addresses.
const SLUG: &str = "tidegate";
/// The one installation.
pub(super) const INSTALLATION: u64 = 77;
const WEBHOOK_SECRET: &str = "made by the forge, once";

/// An App that is being made, until its code is exchanged.
#[derive(Debug, Clone)]
pub(super) struct Ordered {
    code: String,
    manifest: Value,
}

/// The pages that people see. None: nothing of this file's.
pub(super) fn page(shared: &Shared, method: &Method, uri: &Uri, body: &Bytes) -> Option<Response<Body>> {
    let parts: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let read = |text: &[u8]| url::form_urlencoded::parse(text).into_owned().collect::<Vec<(String, String)>>();
    let (query, form) = (read(uri.query().unwrap_or_default().as_bytes()), read(body));
    let value = |all: &[(String, String)], name: &str| {
        all.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    Some(match (method.as_str(), parts.as_slice()) {
        ("POST", ["settings", "apps", "new"] | ["organizations", _, "settings", "apps", "new"]) => {
            let owner = if parts.len() == 5 { parts[1] } else { "you" };
            let manifest: Value = serde_json::from_str(&value(&form, "manifest")).unwrap_or_default();
            match unfit(&manifest) {
                Some(why) => html(StatusCode::UNPROCESSABLE_ENTITY, &format!("<h1>This manifest is not valid</h1><p>{why}</p>")),
                None => html(StatusCode::OK, &naming(owner, &manifest, &value(&query, "state"))),
            }
        }
        ("POST", ["settings", "apps"]) => {
            let mut manifest: Value = serde_json::from_str(&value(&form, "manifest")).unwrap_or_default();
            manifest["name"] = json!(value(&form, "name"));
            let mut state = shared.state();
            let code = format!("manifest-{}", state.id());
            let mut back: Url = manifest["redirect_url"].as_str().and_then(|text| text.parse().ok()).expect("an address");
            back.query_pairs_mut().append_pair("code", &code).append_pair("state", &value(&query, "state"));
            state.ordered.push(Ordered { code, manifest });
            leading(back.as_str())
        }
        ("GET", ["apps", SLUG, "installations", "new"]) => html(
            StatusCode::OK,
            "<h1>Install the App</h1><form method=\"post\"><p>Only select repositories</p><button>Install</button></form>",
        ),
        ("POST", ["apps", SLUG, "installations", "new"]) => {
            let mut state = shared.state();
            state.revoked = false;
            let repositories: Vec<Value> = repositories(shared).into_iter().map(|name| json!({"full_name": name})).collect();
            state.hooks.push(("installation", json!({"action": "created", "repositories": repositories})));
            match state.app["setup_url"].as_str() {
                Some(place) => leading(&with_installation(place)),
                None => html(StatusCode::OK, "<h1>Installed</h1>"),
            }
        }
        _ => return None,
    })
}

/// The App in exchange for its code, which counts once.
pub(super) fn convert(shared: &Shared, code: &str) -> Option<Value> {
    let mut state = shared.state();
    let manifest = match code {
        "a-code" => json!({"name": "Tidegate", "hook_attributes": {}}),
        code => {
            let at = state.ordered.iter().position(|ordered| ordered.code == code)?;
            state.ordered.remove(at).manifest
        }
    };
    let hears = manifest["hook_attributes"].is_object();
    // From now on GitHub sends what happens to where the manifest says.
    if let Some(url) = manifest["hook_attributes"]["url"].as_str().and_then(|text| text.parse::<Url>().ok()) {
        state.sender = Some(std::sync::Arc::new(Sender::new(&url, WEBHOOK_SECRET)));
    }
    state.app = manifest.clone();
    let id: u64 = APP_ID.parse().expect("a number");
    let secret = if hears { json!(WEBHOOK_SECRET) } else { Value::Null };
    let html_url = format!("{}apps/{SLUG}", shared.url);
    Some(json!({"id": id, "slug": SLUG, "name": manifest["name"], "html_url": html_url, "pem": shared.key_pem(), "webhook_secret": secret}))
}

/// What the App is told of itself. None: GitHub has no such operation.
fn about(shared: &Shared, state: &ForgeState, rest: &[&str]) -> Option<Value> {
    let permissions = match &state.app["default_permissions"] {
        Value::Null => {
            json!({"checks": "write", "contents": "read", "deployments": "write", "metadata": "read", "pull_requests": "write", "statuses": "write"})
        }
        known => known.clone(),
    };
    let html_url = format!("{}apps/{SLUG}", shared.url);
    let id: u64 = APP_ID.parse().expect("a number");
    Some(match rest {
        [] => {
            let name = state.app["name"].as_str().unwrap_or("Tidegate");
            json!({"id": id, "slug": SLUG, "name": name, "html_url": html_url, "owner": {"login": "acme"}, "permissions": permissions})
        }
        ["installations"] if state.revoked => json!([]),
        ["installations"] => json!([{
            "id": INSTALLATION,
            "app_id": id,
            "account": {"login": "acme"},
            "html_url": format!("{}organizations/acme/settings/installations/{INSTALLATION}", shared.url),
            "repository_selection": "selected",
            "suspended_at": null,
            "suspended_by": null,
            "permissions": state.granted.clone().unwrap_or(permissions),
        }]),
        ["hook", "deliveries"] => {
            json!(state.deliveries.iter().enumerate().rev().take(30).map(|(at, sent)| delivery(at, sent)).collect::<Vec<_>>())
        }
        _ => return None,
    })
}

fn delivery(at: usize, sent: &Sent) -> Value {
    json!({
        "id": at + 1,
        "guid": sent.delivery,
        "delivered_at": super::api::chrono_text(sent.at_s),
        "redelivery": false,
        "duration": 0.03,
        "status": if sent.status == 0 { "failed to connect to host" } else if sent.status < 300 { "OK" } else { "Invalid HTTP Response" },
        "status_code": sent.status,
        "event": sent.event,
        "action": sent.action,
        "installation_id": INSTALLATION,
        "repository_id": 1,
    })
}

/// What GitHub refuses of a manifest.
fn unfit(manifest: &Value) -> Option<String> {
    let is_address = |value: &Value| value.as_str().is_some_and(|text| text.parse::<Url>().is_ok());
    let names: Vec<&str> = ["url", "redirect_url"].into_iter().filter(|name| !is_address(&manifest[*name])).collect();
    if !names.is_empty() {
        return Some(format!("{names:?} are no addresses"));
    }
    if manifest["hook_attributes"].is_object() && !is_address(&manifest["hook_attributes"]["url"]) {
        return Some("Hook url cannot be blank".to_owned());
    }
    let known = ["name", "url", "hook_attributes", "redirect_url", "callback_urls", "setup_url", "description", "public", "default_events"];
    let known = known.into_iter().chain(["default_permissions", "request_oauth_on_install", "setup_on_update"]).collect::<Vec<_>>();
    let odd = manifest.as_object().into_iter().flat_map(|all| all.keys()).find(|name| !known.contains(&name.as_str()))?;
    Some(format!("{odd} is unknown"))
}

/// The page on which a person gives the App its name.
fn naming(owner: &str, manifest: &Value, state: &str) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
    format!(
        "<h1>Create GitHub App</h1><form method=\"post\" action=\"/settings/apps?state={state}\">\
         <label>GitHub App name <input name=\"name\" value=\"{}\"></label>\
         <input type=\"hidden\" name=\"manifest\" value=\"{}\"><button>Create GitHub App for {}</button></form>",
        escaped(manifest["name"].as_str().unwrap_or_default()),
        escaped(&manifest.to_string()),
        escaped(owner)
    )
}

fn with_installation(place: &str) -> String {
    let mut place: Url = place.parse().expect("an address");
    place.query_pairs_mut().append_pair("installation_id", &INSTALLATION.to_string()).append_pair("setup_action", "install");
    place.into()
}

fn repositories(shared: &Shared) -> Vec<String> {
    let all = std::fs::read_dir(shared.folder.path().join("acme")).into_iter().flatten();
    let names = all.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| Some(format!("acme/{}", name.strip_suffix(".git")?))).collect()
}

fn html(status: StatusCode, body: &str) -> Response<Body> {
    let page = format!("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>GitHub</title>{body}</html>");
    Response::builder().status(status).header("content-type", "text/html").body(Body::from(page)).expect("a response")
}

fn leading(place: &str) -> Response<Body> {
    Response::builder().status(StatusCode::FOUND).header("location", place).body(Body::empty()).expect("a response")
}

/// As the API answers `GET /app…`, with the App's own token.
pub(super) fn answer(shared: &Shared, state: &ForgeState, rest: &[&str], headers: &HeaderMap) -> Response<Body> {
    match about(shared, state, rest) {
        Some(found) => super::api::cached(headers, &found),
        None => reply(StatusCode::NOT_FOUND, &json!({"message": "Not Found"})),
    }
}
