use std::collections::{BTreeMap, BTreeSet};

use super::Lower;
use super::inserts::Scope;
use crate::diagnostic::Code;
use crate::file::{self, Alarm};
use crate::plan::{self, MonitorKind};
use crate::text::{Placed as _, Problem, Span, Spanned};

/// Of a stage, and again of each of its waves: every target may have one of each.
const MOST: usize = 32;
const INTERVAL_MS: u64 = 15_000;
const SHORTEST_INTERVAL_MS: u64 = 100;
const TIMEOUT_MS: u64 = 5_000;

/// Keys that belong to one kind of alarm, and whether they are given.
type Owned = (&'static str, &'static str, Option<Span>);

impl Lower<'_> {
    /// Names are unique among `taken` and these.
    pub(super) fn alarms(&mut self, forms: &[Alarm], scope: &Scope, taken: &mut BTreeSet<String>) -> Vec<plan::Alarm> {
        let forms = self.at_most(MOST, forms, "alarms");
        let mut alarms = Vec::new();
        for form in forms {
            if let Some(name) = &form.name {
                if name.value.is_empty() || name.value.len() > 128 {
                    self.report(Problem::error(Code::BadName, name.span, "this cannot be the name of an alarm").expected("1 to 128 bytes"));
                }
                self.unique(taken, "alarms", name);
            }
        }
        for form in forms {
            let Some(kind) = self.monitor(form, scope) else { continue };
            let name = match &form.name {
                Some(name) => name.value.clone(),
                None => free_name(&kind, taken),
            };
            taken.insert(name.clone());
            let aggregate = form.aggregate.as_ref().map(|word| (word.span, aggregate(word.value)));
            if let Some((span, plan::Aggregate::Region)) = aggregate
                && !crate::expand::alarms::is_per_target(&kind)
            {
                let problem = Problem::error(Code::ConflictingKeys, span, "this alarm is the same in every region");
                let problem = problem.expected("a text with `${{ target.region }}`, or `aggregate: everywhere`");
                self.report(problem.help("only an alarm that is read in each region can speak of one"));
            }
            alarms.push(plan::Alarm {
                name,
                target: None,
                aggregate: aggregate.map(|(_, aggregate)| aggregate),
                for_ms: form.for_.as_ref().map_or(0, |duration| duration.value.ms),
                monitor: plan::Monitor {
                    kind,
                    interval_ms: form.every.as_ref().map_or(INTERVAL_MS, |every| every.value.ms),
                    timeout_ms: form.timeout.as_ref().map_or(TIMEOUT_MS, |timeout| timeout.value.ms),
                },
            });
            if let Some(every) = form.every.as_ref().filter(|every| every.value.ms < SHORTEST_INTERVAL_MS) {
                self.report(
                    Problem::error(Code::OutOfRange, every.span, "an alarm cannot be read that often").expected("at least `100ms`"),
                );
            }
        }
        alarms
    }

    fn monitor(&mut self, form: &Alarm, scope: &Scope) -> Option<MonitorKind> {
        let kind = self.kind(form)?;
        self.check_owned(form, kind);
        for text in
            [&form.prometheus, &form.server, &form.http, &form.body_contains, &form.command, &form.cloudwatch, &form.cloudwatch_metric]
                .into_iter()
                .chain([&form.datadog, &form.account, &form.region])
                .flatten()
        {
            self.inserted(&text.value, text.span, scope);
        }
        match (&form.prometheus, &form.http, &form.command, &form.cloudwatch) {
            (Some(query), ..) => {
                let query = self.query(query)?;
                if let Some(server) = &form.server {
                    self.address(&server.value, server.span);
                }
                let server = form.server.as_ref().map(|server| server.value.clone()).unwrap_or_default();
                Some(MonitorKind::Prometheus { server, query: query.query, comparison: query.comparison, threshold: query.bound })
            }
            (None, Some(url), ..) => Some(self.http(form, url, scope)),
            (None, None, Some(run), _) => {
                if run.value.trim().is_empty() {
                    self.report(Problem::error(Code::BadFormat, run.span, "the command is empty").expected("a command"));
                }
                Some(MonitorKind::Command { run: run.value.clone() })
            }
            (None, None, None, _) => self.external(form),
        }
    }

    fn external(&mut self, form: &Alarm) -> Option<MonitorKind> {
        if let Some(monitor) = &form.datadog {
            let is_number = !monitor.value.is_empty() && monitor.value.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number && !monitor.value.contains("${{") {
                let problem = Problem::error(Code::BadFormat, monitor.span, "a monitor of Datadog's is named by its number");
                self.report(problem.expected("the digits at the end of its address, in quotes: `\"1234567\"`"));
            }
            let system = plan::DATADOG.to_owned();
            return Some(MonitorKind::External { system, name: monitor.value.clone(), account: None, region: None });
        }
        let (system, name) = match (&form.cloudwatch, &form.cloudwatch_metric) {
            (Some(name), _) => (plan::CLOUD_ALARM, name.value.clone()),
            (None, Some(metric)) => {
                let query = self.query(metric)?;
                self.cloud_metric(metric, &query.query);
                (plan::CLOUD_METRIC, metric.value.clone())
            }
            (None, None) => return None,
        };
        Some(MonitorKind::External {
            system: system.to_owned(),
            name,
            account: form.account.as_ref().map(|account| account.value.clone()),
            region: form.region.as_ref().map(|region| region.value.clone()),
        })
    }

    fn http(&mut self, form: &Alarm, url: &Spanned<String>, scope: &Scope) -> MonitorKind {
        self.address(&url.value, url.span);
        let mut headers = BTreeMap::new();
        for (name, value) in form.headers.iter().flat_map(|headers| &headers.entries) {
            self.inserted(&value.value, value.span, scope);
            headers.insert(name.value.clone(), value.value.clone());
        }
        if let Some(status) = &form.status
            && status.value.list().iter().any(|status| !(100..=599).contains(status))
        {
            self.report(Problem::error(Code::OutOfRange, status.span, "this is not an HTTP status").expected("100 to 599"));
        }
        let method = form.method.as_ref().map_or("GET", |method| method.value.as_str());
        if let Some(method) = form.method.as_ref().filter(|method| !matches!(method.value.as_str(), "GET" | "HEAD" | "POST" | "OPTIONS")) {
            self.report(
                Problem::error(Code::UnknownValue, method.span, "this method is not asked with")
                    .expected("`GET`, `HEAD`, `POST` or `OPTIONS`"),
            );
        }
        let samples = form.samples.as_ref().map_or(1, |samples| samples.value);
        let max_failures = form.max_failures.as_ref().map_or(0, |failures| failures.value);
        if let Some(given) = form.samples.as_ref().filter(|samples| !(1..=1000).contains(&samples.value)) {
            self.report(Problem::error(Code::OutOfRange, given.span, "the number of samples is out of range").expected("1 to 1000"));
        }
        if let Some(given) = form.max_failures.as_ref().filter(|failures| failures.value >= samples) {
            let problem = Problem::error(Code::OutOfRange, given.span, "an alarm that allows every sample to fail never fires");
            self.report(problem.expected(format!("less than `samples`, which is {samples}")));
        }
        MonitorKind::Http {
            url: url.value.clone(),
            method: method.to_owned(),
            headers,
            status: form.status.as_ref().map(|status| status.value.list()).unwrap_or_default(),
            max_latency_ms: form.max_latency.as_ref().map(|latency| latency.value.ms),
            body_contains: form.body_contains.as_ref().map(|text| text.value.clone()),
            samples,
            max_failures,
        }
    }

    /// The one kind that the alarm has.
    fn kind(&mut self, form: &Alarm) -> Option<&'static str> {
        let kinds = [
            ("prometheus", form.prometheus.is_some()),
            ("http", form.http.is_some()),
            ("command", form.command.is_some()),
            ("cloudwatch", form.cloudwatch.is_some()),
            ("cloudwatch_metric", form.cloudwatch_metric.is_some()),
            ("datadog", form.datadog.is_some()),
        ];
        let given: Vec<&'static str> = kinds.iter().filter(|(_, given)| *given).map(|(kind, _)| *kind).collect();
        if let [kind] = given.as_slice() {
            return Some(kind);
        }
        if !form.is_whole() {
            return None;
        }
        let message =
            if given.is_empty() { "an alarm reads something".to_owned() } else { format!("an alarm is one of {}", given.join(", ")) };
        let problem = Problem::error(Code::ConflictingKeys, form.span(), message);
        self.report(problem.expected("exactly one of `prometheus`, `http`, `command`, `cloudwatch`, `cloudwatch_metric` and `datadog`"));
        None
    }

    fn check_owned(&mut self, form: &Alarm, kind: &str) {
        let owned: [Owned; 10] = [
            ("server", "prometheus", form.server.as_ref().map(|key| key.span)),
            ("method", "http", form.method.as_ref().map(|key| key.span)),
            ("headers", "http", form.headers.as_ref().and_then(|headers| headers.entries.first()).map(|(name, _)| name.span)),
            ("status", "http", form.status.as_ref().map(|key| key.span)),
            ("max_latency", "http", form.max_latency.as_ref().map(|key| key.span)),
            ("body_contains", "http", form.body_contains.as_ref().map(|key| key.span)),
            ("samples", "http", form.samples.as_ref().map(|key| key.span)),
            ("max_failures", "http", form.max_failures.as_ref().map(|key| key.span)),
            ("account", "cloudwatch", form.account.as_ref().map(|key| key.span)),
            ("region", "cloudwatch", form.region.as_ref().map(|key| key.span)),
        ];
        for (key, owner, span) in owned {
            if let Some(span) = span
                && owner != kind
                && !(owner == "cloudwatch" && kind == "cloudwatch_metric")
            {
                let problem = Problem::error(Code::ConflictingKeys, span, format!("`{key}` belongs to alarms of the kind `{owner}`"));
                self.report(problem.help(format!("remove it: this alarm is of the kind `{kind}`")));
            }
        }
    }
}

fn aggregate(word: file::Aggregate) -> plan::Aggregate {
    match word {
        file::Aggregate::Region => plan::Aggregate::Region,
        file::Aggregate::Everywhere => plan::Aggregate::Everywhere,
    }
}

fn free_name(kind: &MonitorKind, taken: &BTreeSet<String>) -> String {
    let wanted = match kind {
        MonitorKind::Http { .. } => "http",
        MonitorKind::Command { .. } => "command",
        MonitorKind::Prometheus { .. } => "prometheus",
        MonitorKind::External { name, .. } => name.as_str(),
    };
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default()
}
