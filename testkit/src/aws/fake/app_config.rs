//! One environment of AppConfig.
//!
//! After the user guide: versions of a hosted configuration are numbered; an environment takes one deployment at a time; one whose
//! alarm fires is ROLLED_BACK and the configuration before it serves again.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::{Course, Known, Progress, Seen, release_in};

#[derive(Debug, Default)]
pub(super) struct State {
    /// Content and description.
    versions: Vec<(Bytes, String)>,
    deployments: Vec<Deployment>,
}

#[derive(Debug)]
struct Deployment {
    version: usize,
    description: String,
    course: Course,
    stopped: bool,
}

impl Deployment {
    fn state(&self) -> &'static str {
        match self.course.progress() {
            _ if self.stopped => "ROLLED_BACK",
            Progress::UnderWay => "DEPLOYING",
            Progress::Succeeded => "COMPLETE",
            Progress::Failed => "ROLLED_BACK",
        }
    }

    fn shown(&self, number: usize) -> Value {
        json!({"DeploymentNumber": number, "ConfigurationVersion": self.version.to_string(), "Description": self.description,
               "State": self.state(), "PercentageComplete": 100.0})
    }
}

impl State {
    pub(super) fn seen(&self) -> Option<Seen> {
        let last = self.deployments.iter().rev().find(|deployment| deployment.state() == "COMPLETE")?;
        let is_changing = self.deployments.last().is_some_and(|newest| newest.state() == "DEPLOYING");
        Some(Seen { release: release_in(&last.description)?, is_well: true, is_changing })
    }
}

pub(super) fn call(known: &mut Known, method: &Method, path: &str, headers: &HeaderMap, body: &Bytes) -> Response {
    let state = &mut known.app_config;
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let answer = |value: Value| ([("content-type", "application/json")], value.to_string()).into_response();
    match (method.as_str(), parts.as_slice()) {
        ("POST", ["applications", _, "configurationprofiles", _, "hostedconfigurationversions"]) => {
            state.versions.push((body.clone(), header("description")));
            ([("version-number", state.versions.len().to_string())], body.clone()).into_response()
        }
        ("GET", ["applications", _, "configurationprofiles", _, "hostedconfigurationversions"]) => {
            let version =
                |(number, (_, description)): (usize, &(Bytes, String))| json!({"VersionNumber": number + 1, "Description": description});
            answer(json!({"Items": state.versions.iter().enumerate().map(version).rev().collect::<Vec<_>>()}))
        }
        ("GET", ["applications", _, "environments", _, "deployments"]) => {
            let shown = state.deployments.iter().enumerate().map(|(number, deployment)| deployment.shown(number + 1));
            answer(json!({"Items": shown.rev().collect::<Vec<_>>()}))
        }
        ("POST", ["applications", _, "environments", _, "deployments"]) => {
            if state.deployments.last().is_some_and(|newest| newest.state() == "DEPLOYING") {
                return refused(StatusCode::CONFLICT, "ConflictException", "Deployment already in progress");
            }
            let asked: Value = serde_json::from_slice(body).expect("JSON");
            let version = asked["ConfigurationVersion"].as_str().and_then(|text| text.parse::<usize>().ok()).unwrap_or_default();
            let Some((content, _)) = version.checked_sub(1).and_then(|at| state.versions.get(at)) else {
                return refused(StatusCode::NOT_FOUND, "ResourceNotFoundException", "no such version");
            };
            let description = asked["Description"].as_str().unwrap_or_default().to_owned();
            state.deployments.push(Deployment { version, description, course: Course::of(content), stopped: false });
            let number = state.deployments.len();
            answer(state.deployments.last().map(|deployment| deployment.shown(number)).unwrap_or_default())
        }
        (verb @ ("GET" | "DELETE"), ["applications", _, "environments", _, "deployments", number]) => {
            let number: usize = number.parse().expect("a number");
            let Some(found) = number.checked_sub(1).and_then(|at| state.deployments.get_mut(at)) else {
                return refused(StatusCode::NOT_FOUND, "ResourceNotFoundException", "no such deployment");
            };
            found.stopped |= verb == "DELETE" && found.state() == "DEPLOYING";
            answer(found.shown(number))
        }
        _ => refused(StatusCode::NOT_FOUND, "UnknownOperationException", path),
    }
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    (status, [("x-amzn-errortype", code.to_owned())], json!({"Message": message}).to_string()).into_response()
}
