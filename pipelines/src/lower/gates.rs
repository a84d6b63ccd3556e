use std::collections::BTreeSet;

use super::Lower;
use super::inserts::Scope;
use super::used_blocks::repository_path;
use crate::diagnostic::Code;
use crate::file::{self, ApprovalForm, CheckForm, Deny, DependsOnForm, Gate};
use crate::plan::{self, GateCondition, MonitorKind};
use crate::text::{Placed as _, Problem, Span, Spanned, shortened};
use crate::{schedule, window};

/// In front of a stage, and again of each of its waves.
const MOST: usize = 32;
const EXPIRES_MS: u64 = 7 * 24 * 60 * 60 * 1000;
const METRIC_INTERVAL_MS: u64 = 15_000;
const METRIC_TIMEOUT_MS: u64 = 5_000;
const UTC: &str = "UTC";

impl Lower<'_> {
    /// Names are unique among `taken` and these.
    pub(super) fn gates(&mut self, forms: &[Gate], production: bool, taken: &mut BTreeSet<String>) -> Vec<plan::Gate> {
        let forms = self.at_most(MOST, forms, "gates");
        for form in forms {
            if let Some(name) = &form.name {
                self.name("a gate", name);
                self.unique(taken, "gates", name);
            }
        }
        let mut gates = Vec::new();
        for form in forms {
            let Some((kind, condition)) = self.gate(form, production) else { continue };
            let name = match &form.name {
                Some(name) => name.value.clone(),
                None => {
                    let numbered = (2..).map(|number| format!("{kind}-{number}"));
                    std::iter::once(kind.to_owned()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default()
                }
            };
            taken.insert(name.clone());
            gates.push(plan::Gate { name, condition });
        }
        gates
    }

    fn gate(&mut self, form: &Gate, production: bool) -> Option<(&'static str, GateCondition)> {
        let kinds = [
            ("approval", form.approval.is_some()),
            ("window", form.window.is_some()),
            ("alarms", form.alarms.is_some()),
            ("metric", form.metric.is_some()),
            ("check", form.check.is_some()),
            ("depends_on", form.depends_on.is_some()),
        ];
        let given = kinds.iter().filter(|(_, given)| *given).count();
        if given != 1 {
            if !form.is_whole() {
                return None;
            }
            let message = if given == 0 { "a gate has a condition" } else { "a gate has one condition" };
            let problem = Problem::error(Code::ConflictingKeys, form.span(), message);
            let problem = problem.expected("exactly one of `approval`, `window`, `alarms`, `metric`, `check` and `depends_on`");
            self.report(if given > 1 {
                problem.help("write each as an item of its own: a list of gates must all be satisfied")
            } else {
                problem
            });
            return None;
        }
        if let Some(approval) = &form.approval {
            return Some(("approval", GateCondition::Approval(self.approval(approval, production))));
        }
        if let Some(window) = &form.window {
            return Some(("window", GateCondition::Window(self.window(window))));
        }
        if let Some(alarms) = &form.alarms {
            let alarms = self.alarms(alarms, &Scope::gate(), &mut BTreeSet::new());
            return Some(("alarms", GateCondition::Alarms(alarms)));
        }
        if let Some(metric) = &form.metric {
            return Some(("metric", GateCondition::Metric(self.metric(metric)?)));
        }
        if let Some(check) = &form.check {
            let check = match check {
                CheckForm::Description(description) => plan::Check { description: description.value.clone(), expires_ms: None },
                CheckForm::Check(check) => plan::Check {
                    description: check.description.value.clone(),
                    expires_ms: check.expires.as_ref().map(|expires| expires.value.ms),
                },
            };
            return Some(("check", GateCondition::Check(check)));
        }
        let depends_on = match form.depends_on.as_ref()? {
            DependsOnForm::Pipeline(pipeline) => {
                self.name("a pipeline", pipeline);
                plan::DependsOn { pipeline: pipeline.value.clone(), stage: None }
            }
            DependsOnForm::DependsOn(form) => {
                self.name("a pipeline", &form.pipeline);
                let stage = form.stage.as_ref().map(|stage| stage.value.clone());
                plan::DependsOn { pipeline: form.pipeline.value.clone(), stage }
            }
        };
        if depends_on.pipeline == self.name {
            let problem = Problem::error(Code::NeedsCycle, form.span(), "the pipeline waits for itself, and would for ever");
            self.report(problem.expected("the name of another pipeline").help("stages of one pipeline wait for each other by themselves"));
        }
        Some(("depends_on", GateCondition::DependsOn(depends_on)))
    }

    fn approval(&mut self, form: &ApprovalForm, production: bool) -> plan::Approval {
        let mut approval = plan::Approval { from: Vec::new(), count: 1, no_self_approval: production, expires_ms: EXPIRES_MS };
        let ApprovalForm::Approval(form) = form else { return approval };
        for from in form.from.iter().flatten() {
            if from.value.trim().is_empty() {
                self.report(Problem::error(Code::BadFormat, from.span, "nobody is named here").expected("a group, a role or a user"));
            }
            approval.from.push(from.value.clone());
        }
        if let Some(count) = &form.count {
            if !(1..=10).contains(&count.value) {
                self.report(
                    Problem::error(Code::OutOfRange, count.span, format!("{} people cannot be asked for", count.value)).expected("1 to 10"),
                );
            }
            approval.count = count.value;
        }
        if let Some(no_self_approval) = form.no_self_approval {
            approval.no_self_approval = no_self_approval;
        }
        if let Some(expires) = &form.expires {
            if expires.value.ms == 0 {
                self.report(Problem::error(Code::OutOfRange, expires.span, "the approval would expire at once").expected("more than 0"));
            }
            approval.expires_ms = expires.value.ms;
        }
        approval
    }

    fn metric(&mut self, form: &file::Metric) -> Option<plan::Metric> {
        let text = match (&form.prometheus, &form.cloudwatch_metric) {
            (Some(text), None) | (None, Some(text)) => text,
            _ if !form.is_whole() => return None,
            _ => {
                let problem = Problem::error(Code::ConflictingKeys, form.span(), "a metric is read from one place");
                self.report(problem.expected("exactly one of `prometheus` and `cloudwatch_metric`"));
                return None;
            }
        };
        self.inserted(&text.value, text.span, &Scope::gate());
        if let Some(server) = &form.server {
            self.address(&server.value, server.span);
        }
        let query = self.query(text)?;
        let kind = match &form.cloudwatch_metric {
            None => MonitorKind::Prometheus {
                server: form.server.as_ref().map(|server| server.value.clone()).unwrap_or_default(),
                query: query.query.clone(),
                comparison: query.comparison,
                threshold: query.bound,
            },
            Some(text) => {
                self.cloud_metric(text, &query.query);
                let (Some(account), Some(region)) = (&form.account, &form.region) else {
                    let problem =
                        Problem::error(Code::MissingKey, form.span(), "a gate's metric of CloudWatch is of one account and region");
                    self.report(problem.expected("`account` and `region` beside `cloudwatch_metric`"));
                    return None;
                };
                MonitorKind::External {
                    system: plan::CLOUD_METRIC.to_owned(),
                    name: query.query.clone(),
                    account: Some(account.value.clone()),
                    region: Some(region.value.clone()),
                }
            }
        };
        let timeout_ms = form.timeout.as_ref().map_or(METRIC_TIMEOUT_MS, |timeout| timeout.value.ms);
        let monitor = plan::Monitor { kind, interval_ms: METRIC_INTERVAL_MS, timeout_ms };
        Some(plan::Metric { monitor, comparison: query.comparison, bound: query.bound })
    }

    fn window(&mut self, form: &file::Window) -> plan::Window {
        let timezone = form.timezone.as_ref().map_or(UTC, |timezone| timezone.value.as_str()).to_owned();
        if let Some(timezone) = &form.timezone {
            self.timezone(timezone);
        }
        if form.allow.is_none() && form.deny.is_none() && form.is_whole() {
            self.report(Problem::error(Code::MissingKey, form.span(), "the window has no rules").expected("`allow`, `deny` or both"));
        }
        let mut lowered = plan::Window { timezone, allow: Vec::new(), deny: Vec::new(), deny_calendars: Vec::new() };
        for rule in form.allow.iter().flatten() {
            lowered.allow.extend(self.weekly(rule));
        }
        for deny in form.deny.iter().flat_map(|deny| deny.list()) {
            match deny {
                Deny::Rule(rule) => lowered.deny.extend(self.weekly(rule)),
                Deny::Dated(dated) => {
                    if dated.calendar.is_none() && dated.dates.is_none() && dated.is_whole() {
                        self.report(
                            Problem::error(Code::MissingKey, dated.span(), "this denies nothing").expected("`calendar` or `dates`"),
                        );
                    }
                    for dates in dated.dates.iter().flatten() {
                        lowered.deny.extend(self.dates(dates));
                    }
                    lowered.deny_calendars.extend(dated.calendar.as_ref().and_then(|calendar| self.calendar(calendar)));
                }
            }
        }
        lowered
    }

    pub(super) fn timezone(&mut self, timezone: &Spanned<String>) {
        if window::parse_timezone(&timezone.value).is_err() && !self.reader.skips() {
            let problem =
                Problem::error(Code::UnknownValue, timezone.span, format!("there is no time zone `{}`", shortened(&timezone.value)));
            let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            self.report(problem.expected("an IANA name such as `Europe/Athens`").suggest(&timezone.value, names));
        }
    }

    fn weekly(&mut self, rule: &Spanned<String>) -> Option<plan::WindowRule> {
        match window::parse_weekly(&rule.value) {
            Ok(rule) => Some(rule),
            Err(error) => {
                let span = self.word_at(rule.span, &rule.value, error.offset);
                self.report(Problem::error(Code::BadFormat, span, error.message).expected("days and times such as `MON-THU 09:00-16:00`"));
                None
            }
        }
    }

    fn dates(&mut self, dates: &Spanned<String>) -> Option<plan::WindowRule> {
        match window::parse_dates(&dates.value) {
            Ok(rule) => Some(rule),
            Err(error) => {
                let span = self.word_at(dates.span, &dates.value, error.offset);
                self.report(Problem::error(Code::BadFormat, span, error.message).expected("a day, or two: `2026-12-24..2027-01-06`"));
                None
            }
        }
    }

    fn calendar(&mut self, path: &Spanned<String>) -> Option<plan::Calendar> {
        let Some(plain) = repository_path(&path.value) else {
            let problem = Problem::error(Code::BadPath, path.span, format!("`{}` is not a file of the repository", shortened(&path.value)));
            self.report(problem.expected("a path such as `holidays.ics`, without `..`"));
            return None;
        };
        let Some(text) = self.source.files.get(&plain) else {
            let problem = Problem::error(Code::MissingFile, path.span, format!("the repository has no file `{}`", shortened(&plain)));
            self.report(problem.expected("an iCalendar file, by its path from the root of the repository"));
            return None;
        };
        if let Err(error) = window::check_calendar(text) {
            let problem =
                Problem::error(Code::BadFormat, path.span, format!("`{}` is not a calendar: {}", shortened(&plain), error.message));
            self.report(problem.expected("iCalendar (RFC 5545)"));
        }
        Some(plan::Calendar { path: path.value.clone(), text: text.clone() })
    }

    pub(super) fn schedule(&mut self, cron: &Spanned<String>, timezone: Option<&Spanned<String>>) {
        if let Some(timezone) = timezone {
            self.timezone(timezone);
        }
        if let Err(error) = schedule::Schedule::parse(&cron.value, UTC) {
            let span = self.word_at(cron.span, &cron.value, error.offset);
            let expected = "minute, hour, day of month, month and day of week: `0 6 * * MON-FRI`";
            self.report(Problem::error(Code::BadFormat, span, error.message).expected(expected));
        }
    }

    /// The word of a scalar at byte `offset` of its value.
    fn word_at(&self, span: Span, value: &str, offset: usize) -> Span {
        let rest = value.get(offset..).unwrap_or_default();
        let word = rest.split_whitespace().next().unwrap_or_default();
        if rest.starts_with(char::is_whitespace) || word.is_empty() {
            return span;
        }
        let written = self.text_of(span).get(span.start as usize..span.end as usize).unwrap_or_default();
        // Quotes shift a value by one byte; other escapes move it, and then the whole value is shown.
        let shift = usize::from(written.starts_with(['"', '\'']));
        match written.get(offset + shift..offset + shift + word.len()) {
            Some(found) if found == word => span.part(offset + shift, word.len()),
            _ => span,
        }
    }
}
