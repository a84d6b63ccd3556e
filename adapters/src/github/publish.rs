//! A release beside its commit: a check (as an App) or a status (with a person's token), and deployments.

use engine::ports::forge::{Annotation, Button, DeploymentState, ForgeError, Mark, Report, ReportState, ReportedDeployment};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::http::{Answer, later};
use super::{GitHub, Name};

/// GitHub takes 65,535 characters.
const SUMMARY_CHARS: usize = 60_000;
/// GitHub takes 140 characters.
const DESCRIPTION_CHARS: usize = 140;

/// Each step writes into the mark what it made before the next one begins, so that a failure half-way repeats nothing.
pub(super) async fn publish(github: &GitHub, name: &Name, report: &Report, mark: &mut Mark) -> Result<(), ForgeError> {
    if github.is_app() {
        check(github, name, report, mark).await?;
    }
    status(github, name, report, mark).await?;
    for deployment in &report.deployments {
        deploy(github, name, report, deployment, mark).await?;
    }
    Ok(())
}

/// One check run per pipeline and commit. <https://docs.github.com/en/rest/checks/runs>
async fn check(github: &GitHub, name: &Name, report: &Report, mark: &mut Mark) -> Result<(), ForgeError> {
    let mut body = check_body(report);
    if !report.annotations.is_empty() && !mark.annotated {
        body["output"]["annotations"] = report.annotations.iter().map(annotation).collect();
    }
    let says_annotations = body["output"]["annotations"].is_array();
    let external_id = body["external_id"].as_str().unwrap_or_default().to_owned();
    if mark.check.is_none() {
        // Made before, and the answer was lost.
        mark.check = find_check(github, name, report, &external_id).await?;
    }
    if let Some(id) = mark.check {
        let answer = github.ask(name, Method::PATCH, &format!("/check-runs/{id}"), Some(&body)).await?;
        match answer.status {
            StatusCode::OK => {
                mark.annotated |= says_annotations;
                return Ok(());
            }
            // Somebody removed it.
            StatusCode::NOT_FOUND => mark.check = None,
            _ => return Err(refused("the check", &answer)),
        }
    }
    body["head_sha"] = json!(report.commit);
    let answer = github.ask(name, Method::POST, "/check-runs", Some(&body)).await?;
    mark.check = Some(made("the check", &answer)?);
    mark.annotated |= says_annotations;
    Ok(())
}

fn annotation(annotation: &Annotation) -> Value {
    json!({
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": "failure",
        "title": cut(&annotation.title, DESCRIPTION_CHARS),
        "message": annotation.message,
    })
}

async fn find_check(github: &GitHub, name: &Name, report: &Report, external_id: &str) -> Result<Option<u64>, ForgeError> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("check_name", &context(report))
        .append_pair("per_page", "100")
        .finish();
    let answer = github.ask(name, Method::GET, &format!("/commits/{}/check-runs?{query}", report.commit), None).await?;
    if answer.status != StatusCode::OK {
        return Err(refused("the checks of the commit", &answer));
    }
    let value = answer.json()?;
    let found = value["check_runs"].as_array().into_iter().flatten().find(|run| run["external_id"].as_str() == Some(external_id));
    Ok(found.and_then(|run| run["id"].as_u64()))
}

fn check_body(report: &Report) -> Value {
    let (status, conclusion) = match report.state {
        ReportState::Waiting => ("queued", None),
        ReportState::Running => ("in_progress", None),
        ReportState::Succeeded => ("completed", Some("success")),
        ReportState::Failed => ("completed", Some("failure")),
        ReportState::Dropped => ("completed", Some("neutral")),
    };
    let mut body = json!({
        "name": context(report),
        "details_url": report.url,
        "external_id": format!("{}#{}", report.pipeline, report.release),
        "status": status,
        "actions": report.buttons.iter().map(button).collect::<Value>(),
        "output": {"title": cut(&report.title, DESCRIPTION_CHARS), "summary": cut(&report.summary, SUMMARY_CHARS)},
    });
    if let Some(conclusion) = conclusion {
        body["conclusion"] = json!(conclusion);
    }
    body
}

fn button(button: &Button) -> Value {
    json!({"label": cut(&button.label, 20), "description": cut(&button.description, 40), "identifier": button.name})
}

/// <https://docs.github.com/en/rest/commits/statuses>
async fn status(github: &GitHub, name: &Name, report: &Report, mark: &mut Mark) -> Result<(), ForgeError> {
    if mark.status == Some(report.state) {
        return Ok(());
    }
    let state = match report.state {
        ReportState::Waiting | ReportState::Running => "pending",
        ReportState::Succeeded => "success",
        ReportState::Failed => "failure",
        // Neither good nor bad is not among GitHub's words; a commit that another one carries hinders nobody.
        ReportState::Dropped => "success",
    };
    let body = json!({
        "state": state,
        "target_url": report.url,
        "description": cut(&report.title, DESCRIPTION_CHARS),
        "context": context(report),
    });
    let answer = github.ask(name, Method::POST, &format!("/statuses/{}", report.commit), Some(&body)).await?;
    made("the status", &answer)?;
    mark.status = Some(report.state);
    Ok(())
}

/// One deployment per release and target. <https://docs.github.com/en/rest/deployments>
async fn deploy(github: &GitHub, name: &Name, report: &Report, deployment: &ReportedDeployment, mark: &mut Mark) -> Result<(), ForgeError> {
    let environment = &deployment.environment;
    let known = match mark.deployments.get(environment) {
        Some((id, shown)) => Some((*id, *shown)),
        None => find_deployment(github, name, report, environment).await?.map(|id| (id, None)),
    };
    let (id, shown) = match known {
        Some(known) => known,
        None => (make_deployment(github, name, report, deployment).await?, None),
    };
    mark.deployments.insert(environment.clone(), (id, shown));
    if shown == Some(deployment.state) {
        return Ok(());
    }
    let state = match deployment.state {
        DeploymentState::InProgress => "in_progress",
        DeploymentState::Succeeded => "success",
        DeploymentState::Failed => "failure",
        DeploymentState::Unknown => "error",
        DeploymentState::Inactive => "inactive",
    };
    // Others are set inactive by their own release's report, which knows what runs there.
    let mut body =
        json!({"state": state, "log_url": report.url, "description": cut(&report.title, DESCRIPTION_CHARS), "auto_inactive": false});
    if let Some(address) = &deployment.address {
        body["environment_url"] = json!(address);
    }
    let answer = github.ask(name, Method::POST, &format!("/deployments/{id}/statuses"), Some(&body)).await?;
    if answer.status == StatusCode::NOT_FOUND {
        // Somebody removed it: the next report makes another.
        mark.deployments.remove(environment);
        return Err(later(format!("GitHub's deployment {id} is gone")));
    }
    made("the deployment's status", &answer)?;
    mark.deployments.insert(environment.clone(), (id, Some(deployment.state)));
    Ok(())
}

async fn find_deployment(github: &GitHub, name: &Name, report: &Report, environment: &str) -> Result<Option<u64>, ForgeError> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("sha", &report.commit)
        .append_pair("environment", environment)
        .append_pair("per_page", "100")
        .finish();
    let answer = github.ask(name, Method::GET, &format!("/deployments?{query}"), None).await?;
    if answer.status != StatusCode::OK {
        return Err(refused("the deployments of the commit", &answer));
    }
    let value = answer.json()?;
    let own = task(report);
    Ok(value.as_array().into_iter().flatten().find(|found| found["task"].as_str() == Some(&own)).and_then(|found| found["id"].as_u64()))
}

async fn make_deployment(github: &GitHub, name: &Name, report: &Report, deployment: &ReportedDeployment) -> Result<u64, ForgeError> {
    let body = json!({
        "ref": report.commit,
        "task": task(report),
        // GitHub would else merge branches and wait for statuses, our own among them.
        "auto_merge": false,
        "required_contexts": [],
        "environment": deployment.environment,
        "production_environment": deployment.is_production,
        "transient_environment": deployment.is_preview,
        "description": format!("{} #{}", report.pipeline, report.release),
    });
    let answer = github.ask(name, Method::POST, "/deployments", Some(&body)).await?;
    made("the deployment", &answer)
}

/// Tells this release's deployment of a commit from that of another release or tool.
fn task(report: &Report) -> String {
    format!("tidegate:{}#{}", report.pipeline, report.release)
}

fn context(report: &Report) -> String {
    format!("tidegate/{}", report.check)
}

pub(super) fn made(what: &str, answer: &Answer) -> Result<u64, ForgeError> {
    if answer.status != StatusCode::CREATED {
        return Err(refused(what, answer));
    }
    answer.json()?["id"].as_u64().ok_or_else(|| later(format!("GitHub's answer holds no id for {what}")))
}

/// What GitHub will say again.
pub(super) fn refused(what: &str, answer: &Answer) -> ForgeError {
    let hint = match answer.status {
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => "; docs/github.md lists the permissions that the App or token needs",
        _ => "",
    };
    ForgeError::Never(format!("{what} cannot be written: {}{hint}", answer.message()))
}

fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(chars - 1).collect();
    cut.push('…');
    cut
}
