//! git's own server behind HTTP (git-http-backend(1)), and what a push to it sets in motion.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::fake::{Shared, reply, text};
use super::pulls;

/// Of a branch that is not there.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// For who has an installation's token, and for everybody where repositories are public; with a person's token for what that person may
/// push to.
pub(super) async fn answer(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let is_push = uri.path().ends_with("/git-receive-pack") || uri.query().is_some_and(|query| query.contains("git-receive-pack"));
    if !may(shared, uri, headers, is_push) {
        let mut response = reply(StatusCode::UNAUTHORIZED, &json!({"message": "Repository not found."}));
        response.headers_mut().insert("www-authenticate", "Basic realm=\"GitHub\"".parse().expect("a header"));
        return response;
    }
    let pushed = (is_push && method == Method::POST).then(|| uri.path().trim_matches('/').trim_end_matches("/git-receive-pack").to_owned());
    let before = pushed.as_ref().map(|repository| branches(&shared.folder.path().join(repository)));
    let response = backend(shared, method, uri, headers, body).await;
    if let Some((repository, before)) = pushed.zip(before) {
        let after = branches(&shared.folder.path().join(&repository));
        moved(shared, &repository, &before, &after);
    }
    response
}

fn may(shared: &Shared, uri: &Uri, headers: &HeaderMap, is_push: bool) -> bool {
    let presented = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Basic ").map(str::to_owned));
    let presented = presented.and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
    let token = presented.as_deref().and_then(|text| text.split_once(':')).map_or("", |(_, token)| token);
    let state = shared.state();
    let owner = uri.path().trim_matches('/').split('/').next().unwrap_or_default();
    if let Some(person) = state.signed_in.get(token) {
        let is_theirs = person.login == owner || person.teams.iter().any(|team| team.starts_with(&format!("{owner}/")));
        return is_theirs || (state.is_public && !is_push);
    }
    let of_installation = !state.revoked && state.tokens.iter().any(|known| known == token);
    !is_push && (of_installation || state.is_public)
}

async fn backend(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let mut command = tokio::process::Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", shared.folder.path())
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_COUNT", "2")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("GIT_CONFIG_KEY_1", "http.receivepack")
        .env("GIT_CONFIG_VALUE_1", "true")
        .env("REQUEST_METHOD", method.as_str())
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("CONTENT_TYPE", text(headers, "content-type"))
        .env("HTTP_CONTENT_ENCODING", text(headers, "content-encoding"))
        .env("GIT_PROTOCOL", text(headers, "git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let mut child = command.spawn().expect("git runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let sent = body.clone();
    let writing = tokio::spawn(async move { stdin.write_all(&sent).await });
    let output = tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await.expect("git answers").expect("git ends");
    drop(writing.await);
    cgi(&output.stdout)
}

/// Headers, an empty line, and the body (RFC 3875).
fn cgi(printed: &[u8]) -> Response<Body> {
    let end = printed.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(printed.len());
    let mut response = Response::builder();
    for line in String::from_utf8_lossy(&printed[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => response = response.status(status.split(' ').next().unwrap_or("500")),
            Some((name, value)) => response = response.header(name, value),
            None => {}
        }
    }
    let body = printed.get(end + 4..).unwrap_or_default().to_vec();
    response.body(Body::from(body)).expect("a response")
}

/// By their names without `refs/heads/`.
fn branches(folder: &Path) -> BTreeMap<String, String> {
    let printed = run(folder, &["for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads"]);
    printed.lines().filter_map(|line| line.split_once(' ')).map(|(commit, name)| (name.to_owned(), commit.to_owned())).collect()
}

/// Tells of branches that are elsewhere now, and moves the pull requests that come from them.
fn moved(shared: &Shared, repository: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    for name in names.filter(|name| before.get(*name) != after.get(*name)) {
        let at = |all: &BTreeMap<String, String>| all.get(name).cloned().unwrap_or_else(|| NO_COMMIT.to_owned());
        let (old, new) = (at(before), at(after));
        let url = format!("{}{repository}", shared.url);
        let body = json!({"ref": format!("refs/heads/{name}"), "before": old, "after": new, "repository": {"clone_url": url}});
        shared.state().hooks.push(("push", body));
        if new != NO_COMMIT {
            pulls::branch_moved(shared, repository.trim_end_matches(".git"), name, &new);
        }
    }
}

/// What git prints in a repository.
pub(super) fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git").args(arguments).current_dir(folder).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
