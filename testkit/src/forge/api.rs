//! The part of GitHub's REST API that this server uses.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::app::INSTALLATION;
use super::fake::{ForgeState, Mood, Shared, reply, text};
use super::{app, pulls};

pub(super) fn answer(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let path = uri.path().trim_start_matches("/api/v3").to_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let token = text(headers, "authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
    let query: Vec<(String, String)> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if text(headers, "user-agent").is_empty() || text(headers, "accept") != "application/vnd.github+json" {
        return message(StatusCode::FORBIDDEN, "Request forbidden by administrative rules.");
    }
    if let ("POST", ["app-manifests", code, "conversions"]) = (method.as_str(), parts.as_slice()) {
        // The code counts once, and for an hour.
        return match app::convert(shared, code) {
            Some(app) => reply(StatusCode::CREATED, &app),
            None => message(StatusCode::NOT_FOUND, "Not Found"),
        };
    }
    let of_app = shared.is_app(&token);
    let mut state = shared.state();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["repos", "acme", _, "installation"]) if of_app && !state.revoked => {
            cached(headers, &json!({"id": INSTALLATION, "app_id": 4711}))
        }
        ("GET", ["repos", "acme", _, "installation"]) if of_app => message(StatusCode::NOT_FOUND, "Not Found"),
        ("POST", ["app", "installations", "77", "access_tokens"]) if of_app && !state.revoked => {
            let token = format!("ghs_{}", state.tokens.len() + 1);
            state.tokens.push(token.clone());
            let valid_s = state.token_valid_s.unwrap_or(3600);
            let end = chrono_text(super::fake::now_s() + valid_s);
            reply(StatusCode::CREATED, &json!({"token": token, "expires_at": end}))
        }
        ("GET", ["app", rest @ ..]) if of_app => app::answer(shared, &state, rest, headers),
        (_, ["repos", "acme", _, "installation"] | ["app", ..]) => {
            message(StatusCode::UNAUTHORIZED, "A JSON web token could not be decoded")
        }
        _ if !state.signed_in.contains_key(&token)
            && (state.revoked || state.mood == Mood::ForgetsTokens || !state.tokens.contains(&token)) =>
        {
            message(StatusCode::UNAUTHORIZED, "Bad credentials")
        }
        (_, ["repos", "acme", name, rest @ ..]) => {
            let folder = shared.folder.path().join("acme").join(format!("{name}.git"));
            let person = state.signed_in.get(&token).cloned();
            let asked =
                pulls::Asked { forge: shared, person, name, method: method.as_str(), rest, query: &query, body: &body, folder: &folder };
            match pulls::answer(&mut state, &asked) {
                Some((StatusCode::OK, found)) if method == Method::GET => cached(headers, &found),
                Some((status, found)) => reply(status, &found),
                None => of_repository(&mut state, method.as_str(), rest, &query, &body, headers),
            }
        }
        _ => message(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn of_repository(
    state: &mut ForgeState,
    method: &str,
    rest: &[&str],
    query: &[(String, String)],
    body: &Value,
    headers: &HeaderMap,
) -> Response<Body> {
    let asked = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match (method, rest) {
        ("POST", ["check-runs"]) => {
            if !needs(body, &["name", "head_sha"]) || !is_check(body) {
                return message(StatusCode::UNPROCESSABLE_ENTITY, "Invalid request.");
            }
            let id = state.id();
            let mut check = body.clone();
            check["id"] = json!(id);
            state.checks.insert(id, check.clone());
            reply(StatusCode::CREATED, &check)
        }
        ("PATCH", ["check-runs", id]) => {
            let Some(check) = id.parse().ok().and_then(|id: u64| state.checks.get_mut(&id)) else {
                return message(StatusCode::NOT_FOUND, "Not Found");
            };
            if !is_check(body) {
                return message(StatusCode::UNPROCESSABLE_ENTITY, "Invalid request.");
            }
            merge(check, body);
            reply(StatusCode::OK, check)
        }
        ("GET", ["commits", commit, "check-runs"]) => {
            let found: Vec<&Value> = state
                .checks
                .values()
                .filter(|check| check["head_sha"] == *commit && asked("check_name").is_none_or(|name| check["name"] == name))
                .collect();
            cached(headers, &json!({"total_count": found.len(), "check_runs": found}))
        }
        ("POST", ["statuses", commit]) => {
            let known = ["error", "failure", "pending", "success"].iter().any(|state| body["state"] == *state);
            if !known || commit.len() != 40 || body["description"].as_str().is_some_and(|text| text.chars().count() > 140) {
                return message(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed");
            }
            let mut status = body.clone();
            status["id"] = json!(state.id());
            state.statuses.entry((*commit).to_owned()).or_default().push(status.clone());
            reply(StatusCode::CREATED, &status)
        }
        ("GET", ["commits", commit, "statuses"]) => {
            let found: Vec<&Value> = state.statuses.get(*commit).into_iter().flatten().rev().collect();
            cached(headers, &json!(found))
        }
        ("GET", ["deployments", id, "statuses"]) => {
            let known = id.parse().ok().and_then(|id: u64| state.deployment_statuses.get(&id));
            let found: Vec<&Value> = known.into_iter().flatten().rev().collect();
            cached(headers, &json!(found))
        }
        ("POST", ["deployments"]) => {
            if !needs(body, &["ref", "environment"]) {
                return message(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed");
            }
            let id = state.id();
            let mut deployment = body.clone();
            deployment["id"] = json!(id);
            deployment["sha"] = body["ref"].clone();
            state.deployments.insert(id, deployment.clone());
            reply(StatusCode::CREATED, &deployment)
        }
        ("GET", ["deployments"]) => {
            let is_asked = |deployment: &&Value| {
                ["sha", "environment", "task"].iter().all(|name| asked(name).is_none_or(|value| deployment[*name] == value))
            };
            let found: Vec<&Value> = state.deployments.values().rev().filter(is_asked).collect();
            cached(headers, &json!(found))
        }
        ("POST", ["deployments", id, "statuses"]) => {
            let Some(id) = id.parse().ok().filter(|id| state.deployments.contains_key(id)) else {
                return message(StatusCode::NOT_FOUND, "Not Found");
            };
            let known =
                ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"].iter().any(|state| body["state"] == *state);
            if !known {
                return message(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed");
            }
            let mut status = body.clone();
            status["id"] = json!(state.id());
            state.deployment_statuses.entry(id).or_default().push(status.clone());
            reply(StatusCode::CREATED, &status)
        }
        _ => message(StatusCode::NOT_FOUND, "Not Found"),
    }
}

impl ForgeState {
    pub(super) fn id(&mut self) -> u64 {
        self.next_id += 1;
        1_000 + self.next_id
    }
}

fn needs(body: &Value, names: &[&str]) -> bool {
    names.iter().all(|name| body[*name].as_str().is_some_and(|text| !text.is_empty()))
}

/// As GitHub demands: a conclusion exactly when it is completed.
fn is_check(body: &Value) -> bool {
    let is_status = ["queued", "in_progress", "completed"].iter().any(|status| body["status"] == *status);
    is_status && (body["status"] == "completed") == body["conclusion"].is_string() && body["output"]["title"].is_string()
}

fn merge(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        for (name, value) in from {
            into.insert(name.clone(), value.clone());
        }
    }
}

/// With an ETag, and 304 to who has that one.
pub(super) fn cached(headers: &HeaderMap, body: &Value) -> Response<Body> {
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(body.to_string())[..8]));
    let mut response =
        if text(headers, "if-none-match") == etag { reply(StatusCode::NOT_MODIFIED, &Value::Null) } else { reply(StatusCode::OK, body) };
    if response.status() == StatusCode::NOT_MODIFIED {
        *response.body_mut() = Body::empty();
    }
    response.headers_mut().insert("etag", etag.parse().expect("a header"));
    response
}

fn message(status: StatusCode, text: &str) -> Response<Body> {
    reply(status, &json!({"message": text, "documentation_url": "https://docs.github.com/rest"}))
}

pub(super) fn chrono_text(seconds: i64) -> String {
    engine::core::Time(seconds * 1_000).to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
