//! Gates that need readings: alarms must be OK, metrics within bounds. Nothing passes on missing evidence (IC5).

use pipelines::plan::{Comparison, Metric, Monitor, NodeIx, WaveIx};

use super::Opinion;
use crate::core::Time;
use crate::core::door::{Door, reason};
use crate::core::id::{MonitorId, ReleaseNumber, TargetName};
use crate::core::input::Reading;
use crate::core::pipeline::Pipeline;
use crate::core::row::GateState;
use crate::core::shape::WatchedAlarm;
use crate::core::turn::Turn;

/// What is known of one monitor now.
enum Evidence {
    Ok(Option<f64>),
    /// Read, and not OK.
    Bad(String),
    /// Not read, too old, or not readable.
    Missing(String),
}

impl Pipeline {
    /// All must be OK at this moment.
    pub(crate) fn ask_alarms(&mut self, turn: &mut Turn, number: ReleaseNumber, wave: WaveIx, ix: NodeIx) -> Opinion {
        let alarms = self.release(number).and_then(|r| r.shape.node_alarms.get(&ix)).cloned().unwrap_or_default();
        let arrived_at = self.wave(number, wave).map_or(turn.now, |row| row.arrived_at);
        match self.first_trouble(turn, &alarms, arrived_at) {
            None => {
                self.note_gate(turn, number, ix, GateState::Open, "all alarms are OK", None);
                Opinion::Open
            }
            Some((detail, state)) => {
                self.note_gate(turn, number, ix, state, &detail, None);
                Opinion::Closed { detail, until: None }
            }
        }
    }

    /// A reading from before the release arrived at its wave does not count: what turned bad in between would be
    /// taken for this release's doing (IC6).
    fn first_trouble(&self, turn: &Turn, alarms: &[WatchedAlarm], arrived_at: Time) -> Option<(String, GateState)> {
        alarms.iter().find_map(|watched| match self.evidence(turn.now, &watched.id, &watched.alarm.monitor, arrived_at) {
            Evidence::Ok(_) => None,
            Evidence::Bad(detail) => Some((format!("alarm {}: {detail}", watched.alarm.name), GateState::Closed)),
            Evidence::Missing(detail) => Some((format!("alarm {}: {detail}", watched.alarm.name), GateState::Unreadable)),
        })
    }

    pub(crate) fn ask_metric(&mut self, turn: &mut Turn, number: ReleaseNumber, ix: NodeIx, metric: &Metric) -> Opinion {
        let id = self.release(number).and_then(|r| r.shape.node_alarms.get(&ix)?.first().map(|w| w.id.clone()));
        let evidence = id.map_or_else(
            || Evidence::Missing("not read yet".to_owned()),
            |id| self.evidence(turn.now, &id, &metric.monitor, Time::default()),
        );
        let (state, detail) = match evidence {
            Evidence::Ok(Some(value)) if metric.comparison.holds(value, metric.bound) => {
                (GateState::Open, format!("{value} is within its bound"))
            }
            Evidence::Ok(Some(value)) => (GateState::Closed, format!("{value} is not {} {}", words(metric.comparison), metric.bound)),
            Evidence::Ok(None) => (GateState::Unreadable, "the reading has no value".to_owned()),
            Evidence::Bad(detail) => (GateState::Closed, detail),
            Evidence::Missing(detail) => (GateState::Unreadable, detail),
        };
        self.note_gate(turn, number, ix, state, &detail, None);
        if state == GateState::Open { Opinion::Open } else { Opinion::Closed { detail, until: None } }
    }

    /// The wave's own alarms are asked before entry: what fires already keeps the release out (IC6).
    pub(crate) fn wave_alarm_reasons(&self, turn: &Turn, number: ReleaseNumber, wave: WaveIx, door: &mut Door) {
        let Some(release) = self.release(number) else { return };
        let key = format!("{}/alarms", super::super::shape::wave_key(&release.plan, wave));
        if release.row.overrides.iter().any(|o| o.gate == key) {
            return;
        }
        let since = release.waves.get(&wave).map_or(turn.now, |row| row.arrived_at);
        // A guard tells of what became worse since the start, and nothing did.
        for watched in release.shape.wave_alarms.get(&wave).into_iter().flatten().filter(|w| !w.alarm.monitor.is_guard()) {
            let target = watched.alarm.target.as_deref().map(TargetName::from);
            if self.speaks_of_nothing(number, wave, target.as_ref()) {
                continue;
            }
            if let Some((detail, _)) = self.first_trouble(turn, std::slice::from_ref(watched), since) {
                door.reasons.push(reason("alarms", detail, since, None, &watched.alarm.name));
            }
        }
    }

    /// A reading older than two intervals and the time that a reading may take says nothing any more, nor does one
    /// from before it was asked for.
    fn evidence(&self, now: Time, id: &MonitorId, monitor: &Monitor, asked_at: Time) -> Evidence {
        let Some((watch, last, at)) = self.watches.get(id).and_then(|w| Some((w, w.last.as_ref()?, w.last_at?))) else {
            return Evidence::Missing("not read yet".to_owned());
        };
        let age_limit_ms = monitor.interval_ms.saturating_mul(2).saturating_add(monitor.timeout_ms);
        if now.since_ms(at) > age_limit_ms || at < asked_at {
            return Evidence::Missing(format!("not read since {at}"));
        }
        match last {
            Reading::Ok { value, .. } => Evidence::Ok(*value),
            Reading::Bad { detail, .. } => Evidence::Bad(format!("{detail} since {}", watch.bad_since.unwrap_or(at))),
            Reading::NoData { detail } => Evidence::Missing(format!("no data: {detail}")),
            Reading::Unreadable { detail } => Evidence::Missing(format!("cannot be read: {detail}")),
        }
    }
}

fn words(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Below => "below",
        Comparison::AtMost => "at most",
        Comparison::Equal => "equal to",
        Comparison::AtLeast => "at least",
        Comparison::Above => "above",
    }
}
