//! One environment of Elastic Beanstalk.
//!
//! After the developer guide: an environment that is Updating refuses other updates; an update whose instances stay unhealthy ends
//! as Ready with the new version and health Red, and events say why.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, Course, Known, Progress, Refused, Seen, release_in, unknown};

#[derive(Debug, Default)]
pub(super) struct State {
    /// By label: the bundle's path.
    versions: BTreeMap<String, String>,
    running: Option<(String, Course)>,
    events: Vec<String>,
}

impl State {
    pub(super) fn seen(&self) -> Option<Seen> {
        let (label, course) = self.running.as_ref()?;
        let release = release_in(&label.replace("tidegate-r", "release="))?;
        Some(Seen { release, is_well: course.progress() == Progress::Succeeded, is_changing: course.is_under_way() })
    }
}

pub(super) fn call(known: &mut Known, action: &str, form: &BTreeMap<String, String>) -> Answer {
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let state = &mut known.beanstalk;
    match action {
        "CreateApplicationVersion" => {
            let label = field("VersionLabel");
            if state.versions.contains_key(&label) {
                return Err(Refused("InvalidParameterValue", format!("Application Version {label} already exists.")));
            }
            state.versions.insert(label, format!("/{}/{}", field("SourceBundle.S3Bucket"), field("SourceBundle.S3Key")));
            Ok(json!({}))
        }
        "DescribeApplicationVersions" => {
            let wanted = field("VersionLabels.member.1");
            let found: Vec<Value> =
                state.versions.keys().filter(|label| **label == wanted).map(|label| json!({"VersionLabel": label})).collect();
            Ok(json!({"ApplicationVersions": found}))
        }
        "UpdateEnvironment" => {
            let label = field("VersionLabel");
            if state.running.as_ref().is_some_and(|(_, course)| course.is_under_way()) {
                let message = "Environment named shop-prod is in an invalid state for this operation. Must be Ready.";
                return Err(Refused("InvalidParameterValue", message.to_owned()));
            }
            let bundle = state.versions.get(&label).and_then(|path| known.objects.get(path));
            let Some(bundle) = bundle else {
                return Err(Refused("InvalidParameterValue", format!("No Application Version named '{label}' found.")));
            };
            state.events.push(format!("Environment update is starting: {label}"));
            state.running = Some((label, Course::of(bundle)));
            Ok(json!({}))
        }
        "DescribeEnvironments" => {
            let (label, status, health) = match &state.running {
                None => ("", "Ready", "Grey"),
                Some((label, course)) => match course.progress() {
                    Progress::UnderWay => (label.as_str(), "Updating", "Grey"),
                    Progress::Succeeded => (label.as_str(), "Ready", "Green"),
                    Progress::Failed => (label.as_str(), "Ready", "Red"),
                },
            };
            Ok(json!({"Environments": [{"EnvironmentName": "shop-prod", "ApplicationName": "shop", "VersionLabel": label,
                "Status": status, "Health": health}]}))
        }
        "DescribeEvents" => {
            let event = |(number, text): (usize, &String)| json!({"EventDate": number.to_string(), "Severity": "INFO", "Message": text});
            Ok(json!({"Events": state.events.iter().enumerate().map(event).rev().collect::<Vec<_>>()}))
        }
        _ => unknown("ElasticBeanstalk", action),
    }
}
