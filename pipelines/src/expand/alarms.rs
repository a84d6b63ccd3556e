use std::collections::BTreeMap;

use serde_json::json;

use crate::expression::{Context, Template};
use crate::model::{Stage, Target, Wave};
use crate::plan::{Account, Alarm, DATADOG, Monitor, MonitorKind};

/// The alarms of a wave with their texts in place.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    pub(super) all: Vec<Alarm>,
    /// Positions in `all`: those of every target, and those of one.
    shared: Vec<usize>,
    own: BTreeMap<String, Vec<usize>>,
}

impl Alarms {
    /// Those that speak of `target`.
    pub(super) fn of(&self, target: &str) -> Vec<Alarm> {
        let own = self.own.get(target).map(Vec::as_slice).unwrap_or_default();
        self.shared.iter().chain(own).filter_map(|at| self.all.get(*at)).cloned().collect()
    }
}

/// An alarm that names the target becomes one for each target of the wave.
pub(super) fn insert(stage: &Stage, wave: &Wave, inputs: &BTreeMap<String, String>, accounts: &BTreeMap<String, Account>) -> Alarms {
    let context = Context::new()
        .with("inputs", json!(inputs))
        .with("stage", json!({ "name": stage.name }))
        .with("wave", json!({ "name": wave.name }));
    let mut alarms = Alarms::default();
    for alarm in &wave.alarms {
        if !is_per_target(&alarm.monitor.kind) {
            alarms.shared.push(alarms.all.len());
            let mut alarm = alarm.clone();
            each_text(&mut alarm.monitor.kind, &mut |text| *text = render(text, &context));
            name_account(&mut alarm.monitor.kind, accounts);
            alarms.all.push(alarm);
            continue;
        }
        for target in &wave.targets {
            let context = context.clone().with("target", of_target(target));
            let mut own = alarm.clone();
            own.name = format!("{} ({})", alarm.name, target.name);
            own.target = Some(target.name.clone());
            if let MonitorKind::External { system, account, region, .. } = &mut own.monitor.kind
                && system != DATADOG
            {
                account.get_or_insert_with(|| target.account.clone().unwrap_or_default());
                region.get_or_insert_with(|| target.region().to_owned());
            }
            each_text(&mut own.monitor.kind, &mut |text| *text = render(text, &context));
            name_account(&mut own.monitor.kind, accounts);
            alarms.own.entry(target.name.clone()).or_default().push(alarms.all.len());
            alarms.all.push(own);
        }
    }
    alarms
}

/// A monitor that is read in front of a stage, for all its targets at once.
pub(super) fn insert_for_gate(monitor: &mut Monitor, stage: &str, inputs: &BTreeMap<String, String>, accounts: &BTreeMap<String, Account>) {
    let context = Context::new().with("inputs", json!(inputs)).with("stage", json!({ "name": stage }));
    each_text(&mut monitor.kind, &mut |text| *text = render(text, &context));
    name_account(&mut monitor.kind, accounts);
}

/// A name means an account in its own file only; the id means the same to all who share a poll.
fn name_account(kind: &mut MonitorKind, accounts: &BTreeMap<String, Account>) {
    if let MonitorKind::External { account: Some(account), .. } = kind
        && let Some(known) = accounts.get(account)
    {
        account.clone_from(&known.id);
    }
}

pub(super) fn of_target(target: &Target) -> serde_json::Value {
    json!({
        "name": target.name,
        "account": target.account.as_deref().unwrap_or_default(),
        "region": target.region(),
        "unit": target.unit(),
    })
}

/// A system outside is read in the account and region of the target, unless both are named.
pub(crate) fn is_per_target(kind: &MonitorKind) -> bool {
    if let MonitorKind::External { system, account, region, .. } = kind
        && system != DATADOG
        && (account.is_none() || region.is_none())
    {
        return true;
    }
    let mut found = false;
    each_text(&mut kind.clone(), &mut |text| {
        if text.contains("${{") {
            let references = Template::parse(text).map(|template| template.references()).unwrap_or_default();
            found |= references.iter().any(|reference| reference == "target" || reference.starts_with("target."));
        }
    });
    found
}

pub(super) fn render(text: &str, context: &Context) -> String {
    if !text.contains("${{") {
        return text.to_owned();
    }
    // The text was checked by `compile`; what cannot be inserted stays and is shown as it is.
    Template::parse(text).map_or_else(|_| text.to_owned(), |template| template.render_known(context))
}

fn each_text(kind: &mut MonitorKind, change: &mut impl FnMut(&mut String)) {
    match kind {
        MonitorKind::Http { url, method: _, headers, status: _, max_latency_ms: _, body_contains, samples: _, max_failures: _ } => {
            change(url);
            headers.values_mut().for_each(&mut *change);
            body_contains.iter_mut().for_each(change);
        }
        MonitorKind::Command { run } => change(run),
        MonitorKind::Prometheus { server, query, comparison: _, threshold: _ } => {
            change(server);
            change(query);
        }
        MonitorKind::External { system: _, name, account, region } => {
            change(name);
            account.iter_mut().chain(region).for_each(change);
        }
    }
}
