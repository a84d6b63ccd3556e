//! What runners call: a narrow, typed protocol; see [`protocol::paths`].
//!
//! Invariant: a runner speaks only of its own current attempts (IF9). The path, the fences and the
//! token must agree; the engine checks the rest in the transaction that writes (IA6).

mod artifact_down;
mod artifact_up;
mod complete;
mod credentials;
mod heartbeat;
mod id_token;
mod lease;
mod log;
mod register;
mod renew_token;
mod upload;

use axum::http::HeaderMap;
use protocol::{Fences, MAX_LOG_CHUNK_BYTES, MAX_UPLOAD_BYTES, RunnerId, headers};

use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::route::{Limits, Routes};

/// A report with 64 outputs of 16 KiB, a summary of 256 KiB and its artifacts and steps.
const REPORT_BYTES: usize = 4 * 1024 * 1024;

/// The text as JSON: a byte becomes six at the worst.
const UPLOAD_BYTES: usize = 6 * MAX_UPLOAD_BYTES + 16 * 1024;

pub(crate) fn add(routes: Routes) -> Routes {
    let report = Limits::default().body_bytes(REPORT_BYTES);
    routes
        .add("runner_register", register::__path_handle, register::handle, Limits::default())
        .add("runner_renew_token", renew_token::__path_handle, renew_token::handle, Limits::default())
        .add("runner_lease", lease::__path_handle, lease::handle, Limits::default().answer_within_s(60))
        .add("runner_heartbeat", heartbeat::__path_handle, heartbeat::handle, Limits::default())
        .add("runner_log", log::__path_handle, log::handle, Limits::default().body_bytes(MAX_LOG_CHUNK_BYTES))
        .add("runner_artifact_up", artifact_up::__path_handle, artifact_up::handle, Limits::streaming())
        .add("runner_artifact_down", artifact_down::__path_handle, artifact_down::handle, Limits::streaming())
        .add("runner_credentials", credentials::__path_handle, credentials::handle, Limits::default().answer_within_s(60))
        .add("runner_id_token", id_token::__path_handle, id_token::handle, Limits::default().answer_within_s(60))
        .add("runner_upload", upload::__path_handle, upload::handle, Limits::default().body_bytes(UPLOAD_BYTES))
        .add("runner_complete", complete::__path_handle, complete::handle, report)
}

fn runner(caller: &Caller) -> Result<&RunnerId, Problem> {
    match caller {
        Caller::Runner(id) => Ok(id),
        Caller::Nobody | Caller::Person(_) | Caller::Token { .. } => Err(Problem::new(Code::Forbidden, "only a runner can do this")),
    }
}

/// The attempt stands in the path and in the fences; they must be the same.
fn same_attempt(path: &str, fences: &Fences) -> Result<(), Problem> {
    if fences.attempt.as_str() == path {
        Ok(())
    } else {
        Err(Problem::new(Code::Invalid, "the attempt in the path is not the one in the fences"))
    }
}

fn fences(path: &str, from: &HeaderMap) -> Result<Fences, Problem> {
    let fences: Fences = serde_json::from_str(text(from, headers::FENCES)?).map_err(|error| bad_header(headers::FENCES, &error))?;
    same_attempt(path, &fences)?;
    Ok(fences)
}

fn text<'h>(from: &'h HeaderMap, name: &str) -> Result<&'h str, Problem> {
    from.get(name)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| Problem::new(Code::InvalidHeader, format!("the header `{name}` is missing or no text")))
}

fn number(from: &HeaderMap, name: &str) -> Result<u64, Problem> {
    text(from, name)?.parse().map_err(|error| bad_header(name, &error))
}

fn bad_header(name: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem::new(Code::InvalidHeader, format!("the header `{name}` cannot be read: {error}"))
}
