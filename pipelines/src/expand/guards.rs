//! What the engine watches at a target without being told to, where the block says which metrics there are.

use serde_json::json;

use std::collections::BTreeMap;

use super::alarms::{of_target, render};
use crate::expression::Context;
use crate::model::{Stage, Strategy, Target, Wave};
use crate::plan::{Account, Alarm, CLOUD_GUARD, Guard, Monitor, MonitorKind};

/// CloudWatch has a new minute each minute, some time after it.
const INTERVAL_MS: u64 = 30_000;
const TIMEOUT_MS: u64 = 10_000;
/// Two readings that follow one another, at the least.
const LASTING_MS: u64 = 60_000;

/// One for each signal of each target; of a target without an account, and of a signal whose inputs are not given, none.
pub(super) fn of_wave(stage: &Stage, wave: &Wave, accounts: &BTreeMap<String, Account>) -> Vec<Alarm> {
    let Some(deploy) = stage.deploy.as_ref().filter(|_| stage.guard) else { return Vec::new() };
    let mut guards = Vec::new();
    for target in &wave.targets {
        let deploy = stage.overrides.get(&target.name).and_then(|own| own.deploy.as_ref()).unwrap_or(deploy);
        let account = target.account.as_ref().and_then(|account| accounts.get(account));
        let Some(account) = account.filter(|_| deploy.strategy != Strategy::Removal && !target.region().is_empty()) else { continue };
        let context = Context::new().with("target", of_target(target)).with("stage", json!({ "name": stage.name }));
        for (what, text) in deploy.block.guards(&target.name) {
            let text = render(&text, &context);
            if Guard::parse(&text).is_ok() {
                guards.push(guard(what, text, target, account));
            }
        }
    }
    guards
}

fn guard(what: &str, text: String, target: &Target, account: &Account) -> Alarm {
    let kind = MonitorKind::External {
        system: CLOUD_GUARD.to_owned(),
        name: text,
        account: Some(account.id.clone()),
        region: Some(target.region().to_owned()),
    };
    Alarm {
        name: format!("guard of {what} ({})", target.name),
        target: Some(target.name.clone()),
        monitor: Monitor { kind, interval_ms: INTERVAL_MS, timeout_ms: TIMEOUT_MS },
        for_ms: LASTING_MS,
        aggregate: None,
    }
}
