use std::error::Error as _;

use reqwest::Response;
use serde::Deserialize;

use crate::config::client::Access;
use crate::exit::{Exit, Failure};

/// No connection, or no answer in time.
pub(super) fn unreachable(access: &Access, error: &reqwest::Error) -> Failure {
    let why = if error.is_timeout() { "it did not answer in time".to_owned() } else { innermost(error) };
    Failure::new(Exit::Unreachable, format!("cannot reach the server at {} (from {}): {why}", access.server, access.origin))
        .code("unreachable")
        .next("start it with `tidegate server`, or name another with --server or TIDEGATE_SERVER")
}

/// The answer stopped in the middle.
pub(super) fn broken(access: &Access, error: &reqwest::Error) -> Failure {
    Failure::new(Exit::Unreachable, format!("the answer of {} broke off: {}", access.server, innermost(error)))
        .code("unreachable")
        .next("try again; if it happens again, look at the server's log")
}

/// The server answered with an error. What it says is shown as it is; it says how to mend it.
pub(super) async fn refused(access: &Access, response: Response) -> Failure {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap_or_default();
    let problem: Problem = serde_json::from_str(&text).unwrap_or_default();
    let is_problem = !problem.code.is_empty();
    let mut message = match (is_problem, problem.detail.is_empty()) {
        (true, false) => crate::output::plain(&problem.detail),
        (true, true) => crate::output::plain(&problem.title),
        (false, _) => format!("{} answered {status} without saying why; is it a tidegate server?", access.server),
    };
    for found in &problem.diagnostics {
        let (file, place) = (crate::output::plain(&found.file), &found.place);
        message.push_str(&format!("\n  {file}:{}:{}: {}", place.line, place.column, crate::output::plain(&found.message)));
    }
    let exit = match status {
        401 | 403 => Exit::Forbidden,
        404 => Exit::NotFound,
        429 | 502..=504 if is_problem => Exit::Refused,
        502..=504 => Exit::Unreachable,
        400 | 413 | 415 => Exit::Usage,
        402 | 405..=499 => Exit::Refused,
        _ => Exit::ServerError,
    };
    let next = match (status, problem.retry_after_ms) {
        (401, _) if access.token.is_none() => Some("sign in with `tidegate login`, or set TIDEGATE_TOKEN".to_owned()),
        (401, _) => Some("the token is wrong, has expired or was revoked: run `tidegate login` again".to_owned()),
        (403, _) => Some("ask an operator of this server for the role it takes".to_owned()),
        (404, _) => Some("`tidegate status` lists pipelines, `tidegate releases PIPELINE` their releases".to_owned()),
        _ if !problem.diagnostics.is_empty() && problem.diagnostics.iter().all(|found| found.code == "not_allowed") => {
            Some("this server's policy and rules decide that, not the file: ask whoever owns the server".to_owned())
        }
        _ if !problem.diagnostics.is_empty() => Some("`tidegate validate` shows where, what was expected and how to mend it".to_owned()),
        (_, Some(ms)) => Some(format!("try again in {}", crate::output::for_people(ms.max(1000)))),
        (500..=599, None) => Some("look at the server's log; the request's id is in it".to_owned()),
        _ => None,
    };
    Failure { next_step: next, ..Failure::new(exit, message).code(problem.code) }
}

/// RFC 9457, as much of it as is used here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    detail: String,
    retry_after_ms: Option<u64>,
    /// What is wrong with a pipeline file.
    diagnostics: Vec<Found>,
}

/// As much of a diagnostic as a line of text holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found {
    code: String,
    file: String,
    message: String,
    place: Place,
}

/// Both from 1.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    line: u32,
    column: u32,
}

/// The cause that says something: `connection refused`, not `error sending request`.
fn innermost(error: &reqwest::Error) -> String {
    let mut source = error.source();
    let mut text = error.to_string();
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text
}
