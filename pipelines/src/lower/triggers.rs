use std::collections::{BTreeMap, BTreeSet};

use super::Lower;
use super::inserts::Scope;
use crate::diagnostic::Code;
use crate::file::{InputForm, Manual, Notify, Preview, Triggers};
use crate::plan;
use crate::text::{Placed as _, Problem, Spanned};

const BRANCH: &str = "main";
const IDLE_SLEEP_MS: u64 = 8 * 3_600_000;
const DELETE_AFTER_MS: u64 = 7 * 24 * 3_600_000;
const SHORTEST_MS: u64 = 60_000;
const LONGEST_MS: u64 = 90 * 24 * 3_600_000;

impl Lower<'_> {
    pub(super) fn triggers(&mut self, form: Option<&Triggers>, preview: Option<&Preview>) -> Vec<plan::Trigger> {
        let makes_previews = form.and_then(|form| form.pull_request.as_ref()).is_some_and(|pulls| pulls.preview == Some(true));
        if let Some(preview) = preview.filter(|_| !makes_previews) {
            let problem = Problem::error(Code::ConflictingKeys, preview.span(), "nothing makes previews");
            self.report(problem.expected("`triggers: {pull_request: {preview: true}}` beside it"));
        }
        let Some(form) = form else {
            return vec![plan::Trigger::Push { branch: BRANCH.to_owned(), paths: Vec::new() }];
        };
        let mut triggers = Vec::new();
        if let Some(push) = &form.push {
            if push.branch.value.is_empty() {
                self.report(
                    Problem::error(Code::BadFormat, push.branch.span, "the branch has no name").expected("a branch such as `main`"),
                );
            }
            let paths = push.paths.iter().flatten().map(|path| self.glob(path)).collect();
            triggers.push(plan::Trigger::Push { branch: push.branch.value.clone(), paths });
        }
        if let Some(pulls) = &form.pull_request {
            let paths = pulls.paths.iter().flatten().map(|path| self.glob(path)).collect();
            let preview = makes_previews.then(|| self.preview(preview));
            triggers.push(plan::Trigger::PullRequest(plan::PullRequests { paths, preview }));
        }
        for schedule in form.schedule.iter().flatten() {
            let timezone = schedule.timezone.as_ref().map_or("UTC", |timezone| timezone.value.as_str());
            self.schedule(&schedule.cron, schedule.timezone.as_ref());
            triggers.push(plan::Trigger::Schedule { cron: schedule.cron.value.clone(), timezone: timezone.to_owned() });
        }
        if let Some(manual) = &form.manual {
            triggers.push(plan::Trigger::Manual { inputs: self.manual(manual) });
        }
        if triggers.is_empty() && form.is_whole() {
            self.report(
                Problem::error(Code::MissingKey, form.span(), "nothing starts a release")
                    .expected("at least one of `push`, `pull_request`, `schedule` and `manual`"),
            );
        }
        triggers
    }

    fn preview(&mut self, form: Option<&Preview>) -> plan::PreviewSettings {
        let targets = form.and_then(|form| form.targets.as_ref());
        if let Some(targets) = targets.filter(|targets| targets.value.len() != 1) {
            let problem = Problem::error(Code::OutOfRange, targets.span, "a preview stands at one target");
            self.report(problem.expected("one target, beside which it stands"));
        }
        if let Some(target) = targets.and_then(|targets| targets.value.first()) {
            self.target_name(target);
        }
        if let Some(address) = form.and_then(|form| form.address.as_ref()) {
            self.address(&address.value.replace("{number}", "1"), address.span);
        }
        let settings = plan::PreviewSettings {
            stage: form.and_then(|form| form.stage.as_ref()).map(|stage| stage.value.clone()),
            target: targets.and_then(|targets| targets.value.first()).map(|target| target.value.clone()),
            with: form
                .and_then(|form| form.with.as_ref())
                .map(|with| with.entries.iter().map(|(name, value)| (name.value.clone(), value.0.clone())).collect())
                .unwrap_or_default(),
            address: form.and_then(|form| form.address.as_ref()).map(|address| address.value.clone()),
            idle_sleep_ms: form.and_then(|form| form.idle_sleep.as_ref()).map_or(IDLE_SLEEP_MS, |time| time.value.ms),
            delete_after_ms: form.and_then(|form| form.delete_after.as_ref()).map_or(DELETE_AFTER_MS, |time| time.value.ms),
        };
        let lives = form.into_iter().flat_map(|form| [form.idle_sleep.as_ref(), form.delete_after.as_ref()]).flatten();
        for life in lives.filter(|life| !(SHORTEST_MS..=LONGEST_MS).contains(&life.value.ms)) {
            self.report(Problem::error(Code::OutOfRange, life.span, "the life of a preview is out of range").expected("1m to 90d"));
        }
        settings
    }

    fn glob(&mut self, path: &Spanned<String>) -> String {
        if path.value.is_empty() || path.value.starts_with('/') || path.value.split('/').any(|part| part == "..") {
            let problem = Problem::error(Code::BadPath, path.span, "this matches no path of the repository");
            self.report(problem.expected("a path from the root of the repository, such as `services/orders/**`"));
        }
        path.value.clone()
    }

    fn manual(&mut self, form: &Manual) -> BTreeMap<String, Option<String>> {
        let mut inputs = BTreeMap::new();
        let Manual::Inputs(manual) = form else { return inputs };
        for (name, input) in manual.inputs.iter().flat_map(|inputs| &inputs.entries) {
            let is_name = name
                .value
                .bytes()
                .enumerate()
                .all(|(at, byte)| byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit()));
            if !is_name || name.value.is_empty() {
                let problem = Problem::error(Code::BadName, name.span, "this cannot be the name of an input");
                self.report(problem.expected("letters, digits and `_`, the first not a digit"));
            }
            let default = match input {
                InputForm::Required => None,
                InputForm::Default(text) => Some(text.0.clone()),
                InputForm::Described(input) => input.default.as_ref().map(|text| text.0.clone()),
            };
            self.inputs.insert(name.value.clone());
            inputs.insert(name.value.clone(), default);
        }
        inputs
    }

    pub(super) fn notify(&mut self, forms: Option<&[Notify]>) -> Vec<plan::Notify> {
        forms.into_iter().flatten().filter_map(|form| self.notification(form)).collect()
    }

    fn notification(&mut self, form: &Notify) -> Option<plan::Notify> {
        let to = match (&form.slack, &form.email, &form.webhook) {
            (Some(channel), None, None) => plan::NotifyTo::Slack(self.settings_text(channel)),
            (None, Some(address), None) => {
                if !address.value.contains('@') && !address.value.contains("${{") {
                    let problem = Problem::error(Code::BadFormat, address.span, "this is not an e-mail address");
                    self.report(problem.expected("an address such as `team@example.com`"));
                }
                plan::NotifyTo::Email(self.settings_text(address))
            }
            (None, None, Some(address)) => {
                self.address(&address.value, address.span);
                plan::NotifyTo::Webhook(self.settings_text(address))
            }
            _ if !form.is_whole() => return None,
            _ => {
                let problem = Problem::error(Code::ConflictingKeys, form.span(), "a notification goes to one place");
                self.report(problem.expected("exactly one of `slack`, `email` and `webhook`"));
                return None;
            }
        };
        let on: BTreeSet<String> = match &form.on {
            Some(on) => on.iter().map(|on| on.as_str().to_owned()).collect(),
            None => ["failed", "rolled_back", "waiting_approval"].map(str::to_owned).into(),
        };
        Some(plan::Notify { to, on })
    }

    fn settings_text(&mut self, text: &Spanned<String>) -> String {
        self.inserted(&text.value, text.span, &Scope::settings());
        text.value.clone()
    }
}

/// What people are told about the inputs of the manual trigger, by name.
pub(super) fn input_descriptions(form: &Triggers) -> BTreeMap<String, String> {
    let Some(Manual::Inputs(manual)) = &form.manual else { return BTreeMap::new() };
    let described = manual.inputs.iter().flat_map(|inputs| &inputs.entries).filter_map(|(name, input)| match input {
        InputForm::Described(input) => Some((name.value.clone(), input.description.clone()?)),
        InputForm::Default(_) | InputForm::Required => None,
    });
    described.collect()
}
