//! A service of ECS with rolling deployments.
//!
//! After the developer guide: a new task definition makes a new PRIMARY deployment and the former one ACTIVE, which goes when the
//! new one is steady; with the circuit breaker, a deployment whose tasks do not start is FAILED, and with `rollback` its
//! predecessor's task definition is deployed again by ECS itself.

use serde_json::{Value, json};

use super::{Answer, Course, Progress, Refused, Seen, release_in, unknown};

#[derive(Debug, Default)]
pub(super) struct State {
    definitions: Vec<Value>,
    /// The newest last.
    deployments: Vec<Deployment>,
    tags: Vec<Value>,
    events: Vec<String>,
}

#[derive(Debug, Clone)]
struct Deployment {
    id: String,
    definition: String,
    course: Course,
    rolls_back: bool,
    is_told: bool,
}

const SERVICE: &str = "arn:aws:ecs:eu-west-1:222222222222:service/shop/orders";
const WANTED: u64 = 2;

impl State {
    pub(super) fn call(&mut self, operation: &str, asked: &Value) -> Answer {
        self.settle();
        match operation {
            "DescribeServices" => Ok(json!({"services": [self.service()], "failures": []})),
            "RegisterTaskDefinition" => Ok(json!({"taskDefinition": self.register(asked)})),
            "DescribeTaskDefinition" => self.describe(asked),
            "ListTaskDefinitions" => {
                let arns: Vec<&Value> = self.definitions.iter().rev().map(|definition| &definition["taskDefinitionArn"]).collect();
                Ok(json!({"taskDefinitionArns": arns}))
            }
            "TagResource" => {
                for tag in asked["tags"].as_array().expect("tags") {
                    self.tags.retain(|known| known["key"] != tag["key"]);
                    self.tags.push(tag.clone());
                }
                Ok(json!({}))
            }
            "UpdateService" => self.update(asked),
            _ => unknown("ECS", operation),
        }
    }

    pub(super) fn seen(&mut self) -> Option<Seen> {
        self.settle();
        let running = self.running()?;
        let release = self.release_of(&running.definition)?;
        let is_changing = self.deployments.last().is_some_and(|newest| newest.course.is_under_way());
        Some(Seen { release, is_well: true, is_changing })
    }

    /// What time has brought.
    fn settle(&mut self) {
        if self.definitions.is_empty() {
            // The owner made the service with a first task definition, which nobody deployed with a block.
            let first =
                json!({"family": "orders", "containerDefinitions": [{"name": "web", "image": "registry/orders:first"}], "tags": []});
            let first = self.register(&first);
            self.begin(first["taskDefinitionArn"].as_str().expect("an ARN").to_owned(), false);
            for deployment in &mut self.deployments {
                deployment.course.takes = std::time::Duration::ZERO;
            }
        }
        let Some(newest) = self.deployments.last_mut().filter(|newest| !newest.is_told) else { return };
        match newest.course.progress() {
            Progress::UnderWay => {}
            Progress::Succeeded => {
                newest.is_told = true;
                let from = self.deployments.len() - 1;
                self.deployments.drain(..from);
                self.events.push("(service orders) has reached a steady state.".to_owned());
            }
            Progress::Failed => {
                newest.is_told = true;
                let rolls_back = newest.rolls_back;
                self.events.push("(service orders) (deployment) deployment failed: tasks failed to start.".to_owned());
                let before =
                    self.deployments.len().checked_sub(2).and_then(|at| self.deployments.get(at)).map(|former| former.definition.clone());
                if let Some(before) = before.filter(|_| rolls_back) {
                    self.events.push("(service orders) rolling back to the last completed deployment.".to_owned());
                    self.begin(before, true);
                }
            }
        }
    }

    fn register(&mut self, asked: &Value) -> Value {
        let family = asked["family"].as_str().expect("a family").to_owned();
        let revision = self.definitions.len() + 1;
        let mut definition = asked.clone();
        definition["taskDefinitionArn"] = json!(format!("arn:aws:ecs:eu-west-1:222222222222:task-definition/{family}:{revision}"));
        definition["revision"] = json!(revision);
        definition["status"] = json!("ACTIVE");
        self.definitions.push(definition.clone());
        definition
    }

    fn describe(&self, asked: &Value) -> Answer {
        let name = asked["taskDefinition"].as_str().unwrap_or_default();
        let found = self.definition(name).ok_or_else(|| Refused("ClientException", "Unable to describe task definition.".to_owned()))?;
        let mut definition = found.clone();
        let tags = definition.as_object_mut().and_then(|members| members.remove("tags"));
        Ok(json!({"taskDefinition": definition, "tags": tags}))
    }

    fn definition(&self, arn: &str) -> Option<&Value> {
        self.definitions.iter().find(|definition| definition["taskDefinitionArn"] == arn)
    }

    fn update(&mut self, asked: &Value) -> Answer {
        let wanted = asked["taskDefinition"].as_str().unwrap_or_default().to_owned();
        if self.definition(&wanted).is_none() {
            return Err(Refused("ClientException", "TaskDefinition not found.".to_owned()));
        }
        let rolls_back = asked["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"] == true;
        let is_same = self.deployments.last().is_some_and(|newest| newest.definition == wanted);
        if !is_same || asked["forceNewDeployment"] == true {
            self.begin(wanted, rolls_back);
        }
        Ok(json!({"service": self.service()}))
    }

    fn begin(&mut self, definition: String, rolls_back: bool) {
        let image = self.definition(&definition).map(|definition| definition["containerDefinitions"].to_string()).unwrap_or_default();
        // Tasks that never ran go at once; what runs stays until the new one is steady.
        if let Some(running) = self.running().cloned() {
            self.deployments = vec![running];
        }
        let id = format!("ecs-svc/{}", self.events.len() * 10 + self.deployments.len());
        self.events.push(format!("(service orders) has begun deployment {id}."));
        self.deployments.push(Deployment { id, definition, course: Course::of(image.as_bytes()), rolls_back, is_told: false });
    }

    /// The deployment whose tasks answer.
    fn running(&self) -> Option<&Deployment> {
        self.deployments.iter().rev().find(|deployment| deployment.course.progress() == Progress::Succeeded).or(self.deployments.first())
    }

    fn release_of(&self, definition: &str) -> Option<u64> {
        let tags = self.definition(definition)?["tags"].as_array()?.clone();
        let tag = tags.iter().find(|tag| tag["key"] == "tidegate:release")?;
        release_in(&format!("release={}", tag["value"].as_str()?))
    }

    fn service(&self) -> Value {
        let running = self.running().map(|deployment| deployment.id.clone());
        let deployment = |deployment: &Deployment| {
            let is_running = running.as_ref() == Some(&deployment.id);
            let is_newest = self.deployments.last().map(|newest| &newest.id) == Some(&deployment.id);
            let (state, reason) = match deployment.course.progress() {
                Progress::UnderWay => ("IN_PROGRESS", "ECS deployment in progress."),
                Progress::Succeeded => ("COMPLETED", "ECS deployment completed."),
                Progress::Failed => ("FAILED", "ECS deployment circuit breaker: tasks failed to start."),
            };
            json!({
                "id": deployment.id, "status": if is_newest { "PRIMARY" } else { "ACTIVE" }, "taskDefinition": deployment.definition,
                "desiredCount": WANTED, "runningCount": if is_running { WANTED } else { 0 }, "rolloutState": state, "rolloutStateReason": reason,
            })
        };
        let newest = self.deployments.last().map(|newest| newest.definition.clone());
        let events = self.events.iter().enumerate().rev().map(|(number, message)| json!({"id": number.to_string(), "message": message}));
        json!({
            "serviceArn": SERVICE, "serviceName": "orders", "status": "ACTIVE", "taskDefinition": newest, "desiredCount": WANTED,
            "runningCount": WANTED, "deployments": self.deployments.iter().rev().map(deployment).collect::<Vec<_>>(),
            "events": events.collect::<Vec<_>>(), "tags": self.tags, "deploymentController": {"type": "ECS"},
        })
    }
}
