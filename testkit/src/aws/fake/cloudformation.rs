//! Stacks and change sets of CloudFormation.
//!
//! After the user guide: a change set without changes is FAILED with that reason; a failed update goes back by itself and ends as
//! UPDATE_ROLLBACK_COMPLETE; a failed creation ends as ROLLBACK_COMPLETE and can only be deleted; a stack that changes refuses
//! other changes; change sets go once one of them was executed.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Answer, Course, Progress, Refused, Seen, release_in, unknown};

#[derive(Debug, Default)]
pub(super) struct State {
    stacks: BTreeMap<String, Stack>,
    /// Change sets made so far.
    count: usize,
}

#[derive(Debug, Default)]
struct Stack {
    /// What it is made of; none before its first change has ended well.
    now: Option<Content>,
    /// What it is becoming.
    next: Option<(Content, Course)>,
    /// The way back after a failure.
    back: Option<Course>,
    status: &'static str,
    change_set: String,
    change_sets: BTreeMap<String, ChangeSet>,
    events: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    template: String,
    parameters: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
struct ChangeSet {
    id: String,
    content: Content,
}

type Form = BTreeMap<String, String>;

impl State {
    pub(super) fn call(&mut self, action: &str, form: &Form) -> Answer {
        let field = |name: &str| form.get(name).cloned().unwrap_or_default();
        let name = field("StackName");
        self.stacks.values_mut().for_each(Stack::settle);
        match action {
            "CreateChangeSet" => return self.create_change_set(&name, form),
            "DeleteStack" => {
                self.stacks.remove(&name);
                return Ok(json!({}));
            }
            "DescribeStackDriftDetectionStatus" => {
                return Ok(json!({"DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": "DRIFTED", "DriftedStackResourceCount": 1}));
            }
            _ => {}
        }
        let Some(stack) = self.stacks.get_mut(&name) else {
            return Err(Refused("ValidationError", format!("Stack with id {name} does not exist")));
        };
        match action {
            "DescribeStacks" => Ok(json!({"Stacks": [{"StackName": name, "StackStatus": stack.status, "ChangeSetId": stack.change_set}]})),
            "DescribeStackEvents" => {
                let event = |(number, (status, reason)): (usize, &(String, String))| {
                    json!({"EventId": number.to_string(), "LogicalResourceId": name, "ResourceType": "AWS::CloudFormation::Stack",
                           "ResourceStatus": status, "ResourceStatusReason": reason})
                };
                Ok(json!({"StackEvents": stack.events.iter().enumerate().map(event).rev().collect::<Vec<_>>()}))
            }
            "DescribeChangeSet" => stack.describe_change_set(&field("ChangeSetName")),
            "DeleteChangeSet" => {
                stack.change_sets.remove(&field("ChangeSetName"));
                Ok(json!({}))
            }
            "ExecuteChangeSet" => stack.execute(&field("ChangeSetName")),
            "DetectStackDrift" => Ok(json!({"StackDriftDetectionId": "drift-1"})),
            _ => unknown("CloudFormation", action),
        }
    }

    pub(super) fn seen(&mut self, name: &str) -> Option<Seen> {
        let stack = self.stacks.get_mut(name)?;
        stack.settle();
        let release = release_in(&format!("release={}", stack.now.as_ref()?.parameters.get("Release")?))?;
        let is_changing = stack.next.as_ref().is_some_and(|(_, course)| course.is_under_way());
        Some(Seen { release, is_well: true, is_changing })
    }

    pub(super) fn template(&self, name: &str) -> Option<String> {
        Some(self.stacks.get(name)?.now.as_ref()?.template.clone())
    }

    fn create_change_set(&mut self, stack: &str, form: &Form) -> Answer {
        self.count += 1;
        let id = format!("arn:aws:cloudformation:eu-west-1:222222222222:changeSet/{}/{}", form["ChangeSetName"], self.count);
        let is_new = form.get("ChangeSetType").is_some_and(|kind| kind == "CREATE");
        if !is_new && !self.stacks.contains_key(stack) {
            return Err(Refused("ValidationError", format!("Stack [{stack}] does not exist")));
        }
        let stack = self.stacks.entry(stack.to_owned()).or_insert_with(|| Stack { status: "REVIEW_IN_PROGRESS", ..Stack::default() });
        if stack.is_changing() || (is_new && stack.status != "REVIEW_IN_PROGRESS") || stack.status == "ROLLBACK_COMPLETE" {
            return Err(Refused("ValidationError", format!("Stack is in {} state and can not be updated.", stack.status)));
        }
        let keys = form.iter().filter(|(key, _)| key.ends_with(".ParameterKey"));
        let value = |key: &str| form.get(&key.replace("ParameterKey", "ParameterValue")).cloned().unwrap_or_default();
        let parameters = keys.map(|(key, name)| (name.clone(), value(key))).collect();
        let content = Content { template: form["TemplateBody"].clone(), parameters };
        stack.change_sets.insert(form["ChangeSetName"].clone(), ChangeSet { id: id.clone(), content });
        Ok(json!({"Id": id}))
    }
}

impl Stack {
    fn is_changing(&self) -> bool {
        self.next.is_some() || self.back.is_some()
    }

    fn settle(&mut self) {
        let is_new = self.now.is_none();
        if let Some((content, course)) = self.next.clone() {
            match course.progress() {
                Progress::UnderWay => return,
                Progress::Succeeded => {
                    self.now = Some(content);
                    self.tell(if is_new { "CREATE_COMPLETE" } else { "UPDATE_COMPLETE" }, "");
                }
                Progress::Failed => {
                    let reason = "The following resource(s) failed: [Table]. Resource handler returned message: no such luck";
                    self.tell(if is_new { "ROLLBACK_IN_PROGRESS" } else { "UPDATE_ROLLBACK_IN_PROGRESS" }, reason);
                    self.back = Some(Course::of(b""));
                }
            }
            self.next = None;
        }
        if self.back.as_ref().is_some_and(|back| !back.is_under_way()) {
            self.back = None;
            self.tell(if is_new { "ROLLBACK_COMPLETE" } else { "UPDATE_ROLLBACK_COMPLETE" }, "");
        }
    }

    fn tell(&mut self, status: &'static str, reason: &str) {
        self.status = status;
        self.events.push((status.to_owned(), reason.to_owned()));
    }

    fn describe_change_set(&self, name: &str) -> Answer {
        let Some(ChangeSet { id, content }) = self.change_sets.get(name) else {
            return Err(Refused("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist")));
        };
        if self.now.as_ref() == Some(content) {
            let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
            return Ok(
                json!({"ChangeSetId": id, "Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "StatusReason": reason, "Changes": []}),
            );
        }
        let action = if self.now.is_none() { "Add" } else { "Modify" };
        let change = json!({"Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table", "Replacement": "False",
        }});
        Ok(json!({"ChangeSetId": id, "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": [change]}))
    }

    fn execute(&mut self, name: &str) -> Answer {
        if self.is_changing() {
            return Err(Refused("InvalidChangeSetStatus", format!("Stack is in {} state", self.status)));
        }
        let Some(ChangeSet { id, content }) = self.change_sets.get(name).cloned() else {
            return Err(Refused("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist")));
        };
        self.change_sets.clear();
        self.change_set = id;
        self.tell(if self.now.is_none() { "CREATE_IN_PROGRESS" } else { "UPDATE_IN_PROGRESS" }, "User Initiated");
        let course = Course::of(content.template.as_bytes());
        self.next = Some((content, course));
        Ok(json!({}))
    }
}
