//! People who sign in at the fake: the web flow with PKCE, who they are, and their teams.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::fake::{Shared, reply, text};
use super::openapi::Description;

/// The client of the tests.
pub const CLIENT_ID: &str = "Iv1.tidegate";
pub const CLIENT_SECRET: &str = "the client's secret";

/// Whoever sits at the browser.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub id: u64,
    pub login: String,
    /// `organisation/team`.
    pub teams: Vec<String>,
}

/// A code that was handed out, and counts once.
#[derive(Debug, Clone)]
pub(super) struct HandedOut {
    code: String,
    challenge: String,
    back: String,
    person: Person,
}

/// None: nothing of this file's.
pub(super) fn answer(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Option<Response<Body>> {
    let path = uri.path().trim_start_matches("/api/v3");
    let query: Vec<(String, String)> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let asked = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let mut state = shared.state();
    Some(match (method.as_str(), path) {
        ("GET", "/login/oauth/authorize") => {
            assert_eq!((asked("client_id"), asked("code_challenge_method")), (CLIENT_ID, "S256"));
            let code = format!("code-{}", state.id());
            let handed = HandedOut {
                code: code.clone(),
                challenge: asked("code_challenge").to_owned(),
                back: asked("redirect_uri").to_owned(),
                person: state.at_browser.clone(),
            };
            let mut back: Url = handed.back.parse().expect("an address");
            back.query_pairs_mut().append_pair("code", &code).append_pair("state", asked("state"));
            state.codes.push(handed);
            Response::builder().status(StatusCode::FOUND).header("location", back.as_str()).body(Body::empty()).expect("a response")
        }
        ("POST", "/login/oauth/access_token") => {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let at = state.codes.iter().position(|handed| body["code"] == *handed.code);
            let handed = at.map(|at| state.codes.remove(at));
            let proves = |handed: &HandedOut| {
                let verifier = body["code_verifier"].as_str().unwrap_or_default();
                handed.challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) && body["redirect_uri"] == *handed.back
            };
            let is_client = body["client_id"] == CLIENT_ID && body["client_secret"] == CLIENT_SECRET;
            match handed.filter(|handed| is_client && proves(handed)) {
                Some(handed) => {
                    let token = format!("ghu_{}", state.id());
                    state.signed_in.insert(token.clone(), handed.person);
                    reply(StatusCode::OK, &json!({"access_token": token, "token_type": "bearer", "scope": ""}))
                }
                None => reply(
                    StatusCode::OK,
                    &json!({"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."}),
                ),
            }
        }
        ("GET", "/user" | "/user/teams") => {
            let operation = Description::get().operation("GET", path).expect("it is described");
            state.violations.extend(operation.judge_request(&query, &Value::Null));
            let token = text(headers, "authorization").trim_start_matches("Bearer ");
            let Some(person) = state.signed_in.get(token) else {
                return Some(reply(StatusCode::UNAUTHORIZED, &json!({"message": "Bad credentials"})));
            };
            if path == "/user" {
                reply(StatusCode::OK, &json!({"id": person.id, "login": person.login}))
            } else {
                let page: usize = asked("page").parse().unwrap_or(1);
                let team = |name: &String| {
                    let (organisation, slug) = name.split_once('/').expect("organisation/team");
                    json!({"slug": slug, "organization": {"login": organisation}})
                };
                let found: Vec<Value> = person.teams.iter().skip(100 * (page - 1)).take(100).map(team).collect();
                reply(StatusCode::OK, &json!(found))
            }
        }
        _ => return None,
    })
}
