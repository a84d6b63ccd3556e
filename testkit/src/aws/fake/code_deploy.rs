//! Deployments of CodeDeploy to one group.
//!
//! After the user guide: a group takes one deployment at a time; a deployment is Created, InProgress, and Succeeded, Failed or
//! Stopped; the instances of a failed one keep what they had when rollback by CodeDeploy itself is off and nothing was replaced.

use serde_json::{Value, json};

use super::{Answer, Course, Known, Progress, Refused, Seen, release_in, unknown};

#[derive(Debug, Default)]
pub(super) struct State {
    deployments: Vec<Deployment>,
}

#[derive(Debug)]
struct Deployment {
    id: String,
    description: String,
    revision: Value,
    course: Course,
    stopped: bool,
}

impl Deployment {
    fn status(&self) -> &'static str {
        match self.course.progress() {
            _ if self.stopped => "Stopped",
            Progress::UnderWay => "InProgress",
            Progress::Succeeded => "Succeeded",
            Progress::Failed => "Failed",
        }
    }
}

impl State {
    pub(super) fn seen(&self) -> Option<Seen> {
        let last = self.deployments.iter().rev().find(|deployment| deployment.status() == "Succeeded")?;
        let newest = self.deployments.last().map(Deployment::status);
        Some(Seen {
            release: release_in(&last.description)?,
            is_well: newest == Some("Succeeded"),
            is_changing: newest == Some("InProgress"),
        })
    }
}

pub(super) fn call(known: &mut Known, operation: &str, asked: &Value) -> Answer {
    let state = &mut known.code_deploy;
    let id = asked["deploymentId"].as_str().unwrap_or_default();
    match operation {
        "CreateDeployment" => {
            if let Some(running) = state.deployments.iter().find(|deployment| deployment.status() == "InProgress") {
                let message = format!("The Deployment Group 'prod' already has an active Deployment '{}'", running.id);
                return Err(Refused("DeploymentLimitExceededException", message));
            }
            let place = &asked["revision"]["s3Location"];
            let path = format!("/{}/{}", place["bucket"].as_str().unwrap_or_default(), place["key"].as_str().unwrap_or_default());
            let Some(bundle) = known.objects.get(&path) else {
                return Err(Refused("RevisionDoesNotExistException", format!("there is no {path}")));
            };
            let id = format!("d-{:09}", state.deployments.len() + 1);
            let description = asked["description"].as_str().unwrap_or_default().to_owned();
            state.deployments.push(Deployment {
                id: id.clone(),
                description,
                revision: asked["revision"].clone(),
                course: Course::of(bundle),
                stopped: false,
            });
            Ok(json!({"deploymentId": id}))
        }
        "ListDeployments" => {
            let ids: Vec<&String> = state.deployments.iter().rev().map(|deployment| &deployment.id).collect();
            Ok(json!({"deployments": ids}))
        }
        "GetDeployment" | "StopDeployment" => {
            let Some(found) = state.deployments.iter_mut().find(|deployment| deployment.id == id) else {
                return Err(Refused("DeploymentDoesNotExistException", id.to_owned()));
            };
            if operation == "StopDeployment" {
                found.stopped |= found.status() == "InProgress";
                return Ok(json!({"status": "Succeeded"}));
            }
            let error = (found.status() == "Failed")
                .then(|| json!({"code": "HEALTH_CONSTRAINTS", "message": "too many individual instances failed"}));
            Ok(
                json!({"deploymentInfo": {"deploymentId": found.id, "status": found.status(), "description": found.description, "revision": found.revision,
                "errorInformation": error, "deploymentOverview": {"Pending": 0, "InProgress": 1, "Succeeded": 1, "Failed": 0}}}),
            )
        }
        _ => unknown("CodeDeploy", operation),
    }
}
