//! Parts of a plan in words.

use std::collections::BTreeSet;

use crate::plan::{
    Adds, AfterRollback, Aggregate, Alarm, Approval, AxisValues, Bake, CLOUD_GUARD, Class, Comparison, DeferredMatrix, DependsOn, Gate,
    GateCondition, Job, Lane, LanePolicy, Metric, MonitorKind, Notify, NotifyTo, Purpose, RollbackPolicy, RollbackScope, Source, Trigger,
    WhenUnclear, Window,
};
use crate::window;

/// The first twelve digits of a digest: enough to see that it is another one.
pub(super) fn short(digest: &str) -> String {
    digest.strip_prefix("sha256:").unwrap_or(digest).chars().take(12).collect()
}

/// `1h 30m`; milliseconds only where nothing larger fits.
pub(super) fn duration(milliseconds: u64) -> String {
    const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let mut rest = milliseconds;
    let mut parts = Vec::new();
    for (unit, size) in UNITS {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

pub(super) fn source(source: &Source) -> String {
    match source {
        Source::Repository { url, branch } => format!("the head of {branch} of {url}"),
        Source::Pipeline { pipeline, stage: None } => format!("the newest release of {pipeline} that has completed"),
        Source::Pipeline { pipeline, stage: Some(stage) } => format!("the newest release of {pipeline} that has completed {stage}"),
    }
}

pub(super) fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Push { branch, paths } if paths.is_empty() => format!("a push to {branch}"),
        Trigger::Push { branch, paths } => format!("a push to {branch} that touches {}", paths.join(", ")),
        Trigger::Schedule { cron, timezone } => format!("the schedule {cron} ({timezone})"),
        Trigger::PullRequest(requests) => {
            let preview = if requests.preview.is_some() { "a pull request, which gets a preview" } else { "a pull request" };
            if requests.paths.is_empty() { preview.to_owned() } else { format!("{preview}, that touches {}", requests.paths.join(", ")) }
        }
        Trigger::Manual { inputs } if inputs.is_empty() => "a person or the API".to_owned(),
        Trigger::Manual { inputs } => {
            format!("a person or the API, with the inputs {}", inputs.keys().cloned().collect::<Vec<_>>().join(", "))
        }
    }
}

pub(super) fn lane(lane: &Lane) -> String {
    let policy = match lane.policy {
        LanePolicy::Supersede => "one release at a time, the newest ready one",
        LanePolicy::Queue => "one release at a time, every one, oldest first",
        LanePolicy::Parallel => "any number of releases at once",
    };
    format!("lane {}: {policy}", lane.key)
}

pub(super) fn gate(gate: &Gate) -> String {
    let condition = match &gate.condition {
        GateCondition::DependsOn(DependsOn { pipeline, stage: Some(stage) }) => {
            format!("the stage {stage} of the pipeline {pipeline} is complete")
        }
        GateCondition::DependsOn(DependsOn { pipeline, stage: None }) => format!("the pipeline {pipeline} is complete"),
        GateCondition::Alarms(alarms) => format!("these alarms are OK: {}", names(alarms)),
        GateCondition::Window(window) => window_text(window),
        GateCondition::Metric(metric) => metric_text(metric),
        GateCondition::Check(check) => {
            let expiry = check.expires_ms.map_or_else(String::new, |expires_ms| format!(" (an answer holds for {})", duration(expires_ms)));
            format!("an outside system says yes: {}{expiry}", check.description)
        }
        GateCondition::Approval(approval) => approval_text(approval),
    };
    format!("gate {}: {condition}", gate.name)
}

fn approval_text(approval: &Approval) -> String {
    let people = if approval.count == 1 { "1 person".to_owned() } else { format!("{} people", approval.count) };
    let from = if approval.from.is_empty() { "who may approve".to_owned() } else { format!("of {}", approval.from.join(", ")) };
    let own = if approval.no_self_approval { "not one's own release" } else { "also one's own release" };
    format!("{people} {from}, {own}, asked again after {}", duration(approval.expires_ms))
}

fn window_text(window: &Window) -> String {
    let rules = |rules: &[crate::plan::WindowRule]| rules.iter().map(window::rule_text).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    if !window.allow.is_empty() {
        parts.push(format!("within {}", rules(&window.allow)));
    }
    let calendars = window.deny_calendars.iter().map(|calendar| calendar.path.clone());
    let denies: Vec<String> = window.deny.iter().map(window::rule_text).chain(calendars).collect();
    if !denies.is_empty() {
        parts.push(format!("never during {}", denies.join(", ")));
    }
    if parts.is_empty() {
        parts.push("always open".to_owned());
    }
    format!("{} ({})", parts.join(", "), window.timezone)
}

fn metric_text(metric: &Metric) -> String {
    format!("{} is {} {}", monitor(&metric.monitor.kind), comparison(metric.comparison), metric.bound)
}

pub(super) fn alarm(alarm: &Alarm) -> String {
    let lasting = if alarm.for_ms == 0 { String::new() } else { format!(" for {}", duration(alarm.for_ms)) };
    let reaches = match alarm.aggregate {
        None => "",
        Some(Aggregate::Region) => ", for everything in its region",
        Some(Aggregate::Everywhere) => ", for everything everywhere",
    };
    format!("alarm {}: {}{lasting}{reaches}, read every {}", alarm.name, monitor(&alarm.monitor.kind), duration(alarm.monitor.interval_ms))
}

/// Expansion calls an alarm that differs from target to target `name (target)`: that name and target.
pub(super) fn own_target<'n>(alarm: &'n str, targets: &BTreeSet<&str>) -> Option<(&'n str, &'n str)> {
    let (name, target) = alarm.strip_suffix(')')?.rsplit_once(" (")?;
    targets.contains(target).then_some((name, target))
}

/// A text about one target as one about any of them.
pub(super) fn of_any_target(text: &str, target: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '/');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(target) {
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + target.len()..).unwrap_or_default());
        let inside = before.chars().next_back().or_else(|| out.chars().next_back()).is_some_and(is_part) || after.starts_with(is_part);
        out.push_str(before);
        out.push_str(if inside { target } else { "<target>" });
        rest = after;
    }
    out.push_str(rest);
    out
}

pub(super) fn names(alarms: &[Alarm]) -> String {
    alarms.iter().map(|alarm| alarm.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn monitor(kind: &MonitorKind) -> String {
    match kind {
        MonitorKind::Http { url, method, .. } => format!("{method} {url}"),
        MonitorKind::Command { run } => format!("command `{}`", first_line(run)),
        MonitorKind::Prometheus { query, comparison: sign, threshold, .. } => {
            format!("Prometheus `{}` {} {threshold}", first_line(query), comparison(*sign))
        }
        MonitorKind::External { system, name, account, region } => {
            let place: Vec<&str> = [account.as_deref(), region.as_deref()].into_iter().flatten().collect();
            let place = if place.is_empty() { String::new() } else { format!(" in {}", place.join("/")) };
            let system = if system == CLOUD_GUARD { "made by the engine, against the time before:" } else { system.as_str() };
            format!("{system} {name}{place}")
        }
    }
}

fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Below => "<",
        Comparison::AtMost => "<=",
        Comparison::Equal => "==",
        Comparison::AtLeast => ">=",
        Comparison::Above => ">",
    }
}

pub(super) fn bake(bake: &Bake) -> String {
    let mut parts = vec![format!("bake {}", duration(bake.duration_ms))];
    if bake.min_data_points > 0 {
        parts.push(format!("at least {} readings with data, up to {} longer", bake.min_data_points, duration(bake.patience_ms)));
    }
    parts.push(if bake.alarms.is_empty() { "no alarms".to_owned() } else { format!("watching {}", names(&bake.alarms)) });
    for (what, then) in [("an error", bake.on_error), ("too little data", bake.on_inconclusive)] {
        match then {
            WhenUnclear::Stop => {}
            WhenUnclear::Rollback => parts.push(format!("{what} rolls back")),
            WhenUnclear::Pass => parts.push(format!("{what} passes")),
        }
    }
    parts.join(", ")
}

pub(super) fn job(job: &Job) -> String {
    let mut parts = vec![match &job.adds {
        Some(Adds::Matrix(matrix)) => matrix_text(matrix),
        Some(Adds::Generated { .. }) => format!("{}, prints jobs and stages that are added after it", count(job.steps.len(), "step")),
        None => count(job.steps.len(), "step"),
    }];
    if let Some(parallel) = &job.parallel {
        parts.push(format!("at most {} of {} at once", parallel.limit, parallel.group));
    }
    match job.class {
        Class::BuildTest => {}
        Class::Target => parts.push("touches the target".to_owned()),
    }
    if job.runs_on.pool != "default" {
        parts.push(format!("pool {}", job.runs_on.pool));
    }
    if !job.runs_on.labels.is_empty() {
        parts.push(job.runs_on.labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "));
    }
    if let Some(container) = &job.container {
        parts.push(format!("in {container}"));
    }
    if let Some(condition) = &job.condition {
        parts.push(format!("only if {condition}"));
    }
    // What a generator prints is kept as an artifact, which nobody asked for by name.
    let printed = |name: &str| matches!(&job.adds, Some(Adds::Generated { artifact }) if artifact == name);
    let names: Vec<&str> = job.artifacts_out.iter().map(|artifact| artifact.name.as_str()).filter(|name| !printed(name)).collect();
    if !names.is_empty() {
        parts.push(format!("makes {}", names.join(", ")));
    }
    parts.push(format!("at most {}", duration(job.timeout_ms)));
    let purpose = purpose(job.purpose);
    let name = if job.name == purpose { job.name.clone() } else { format!("{purpose} {}", job.name) };
    format!("{name}: {}", parts.join(", "))
}

fn matrix_text(matrix: &DeferredMatrix) -> String {
    let axes = matrix.axes.iter().map(|axis| match &axis.values {
        AxisValues::Listed(values) => format!("{} ({})", axis.name, values.join(", ")),
        AxisValues::From(text) => format!("{} from {text}", axis.name),
    });
    let axes: Vec<String> = matrix.whole.iter().cloned().chain(axes).collect();
    let at_once = if matrix.max_parallel > 0 { format!(", at most {} of them at once", matrix.max_parallel) } else { String::new() };
    format!("one job of {} for each of {}{at_once}", count(matrix.job.steps.len(), "step"), axes.join(", "))
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Job => "job",
        Purpose::Before => "before",
        Purpose::Deploy { .. } => "deploy",
        Purpose::Verify => "verify",
        Purpose::After => "after",
        Purpose::OnFailure => "on failure",
        Purpose::Finally => "finally",
        Purpose::Rollback => "rollback",
        Purpose::Inspect => "inspect",
    }
}

pub(super) fn rollback(policy: &RollbackPolicy) -> String {
    let causes = match (policy.on_alarm, policy.on_failure) {
        (true, true) => "by itself on an alarm or a failed job",
        (true, false) => "by itself on an alarm",
        (false, true) => "by itself on a failed job",
        (false, false) => return "rollback: only when a person asks for it".to_owned(),
    };
    let scope = match policy.scope {
        RollbackScope::Target => "the target",
        RollbackScope::Wave => "the wave",
        RollbackScope::Stage => "the stage",
    };
    let after = match policy.after {
        AfterRollback::Next => "newer releases go on",
        AfterRollback::Hold => "the lane is held afterwards",
    };
    let together =
        if policy.max_parallel == 0 { String::new() } else { format!(", {} at once", count(policy.max_parallel as usize, "target")) };
    format!("rollback: {scope}, {causes}, up to {} after the stage{together}; {after}", duration(policy.within_ms))
}

pub(super) fn notify(notify: &Notify) -> String {
    let to = match &notify.to {
        NotifyTo::Slack(channel) => format!("Slack {channel}"),
        NotifyTo::Email(address) => address.clone(),
        NotifyTo::Webhook(url) => format!("web hook {url}"),
    };
    format!("tells {to} of {}", notify.on.iter().cloned().collect::<Vec<_>>().join(", "))
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or("")
}
