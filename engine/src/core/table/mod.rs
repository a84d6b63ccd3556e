//! The only place where a row changes: it puts the row in place, keeps every index true, and marks it
//! for saving. Loading goes the same way, so that a restart cannot know more or less (IE10).

mod attempt;
mod names;
mod place;
mod release;

use std::collections::BTreeSet;

use super::effect::Effect;
use super::id::{HoldId, MonitorId};
use super::pipeline::Pipeline;
use super::row::Row;
use super::turn::{Fact, Touched, Turn};

pub(crate) use release::new_node;

impl Pipeline {
    /// Records a fact and tells whoever asked to be told of its kind.
    pub(crate) fn emit(&self, turn: &mut Turn, fact: Fact) {
        let event = fact.at(turn);
        let position = turn.events.len();
        // What is about no release, such as a hold, is told to whoever the newest one names.
        let release = match event.release {
            Some(number) => self.releases.get(&number),
            None => self.releases.values().next_back(),
        };
        if let Some(release) = release {
            let stage = event.place.as_deref().and_then(|p| p.split('/').next());
            let of_stage = release.plan.stages.iter().filter(|s| Some(s.name.as_str()) == stage).flat_map(|s| &s.notify);
            for notify in release.plan.notify.iter().chain(of_stage).filter(|n| super::notify::wants(n, event.kind)) {
                let effect = Effect::Tell { to: notify.to.clone(), event: position };
                if !turn.effects.contains(&effect) {
                    turn.effects.push(effect);
                }
            }
        }
        turn.events.push(event);
    }

    /// Every touched row in its final state (see [`super::Changes::rows`]).
    pub(crate) fn rows(&self, touched: &BTreeSet<Touched>) -> Vec<Row> {
        touched.iter().filter_map(|key| self.touched_row(key)).collect()
    }

    fn touched_row(&self, key: &Touched) -> Option<Row> {
        Some(match key {
            Touched::Pipeline => Row::Pipeline(self.row.clone()),
            Touched::Release(number) => Row::Release(Box::new(self.releases.get(number)?.row.clone())),
            Touched::Plan(number) => Row::Plan(*number, self.releases.get(number)?.plan.clone()),
            Touched::Wave(number, wave) => Row::Wave(self.wave(*number, *wave)?.clone()),
            Touched::Node(number, node) => Row::Node(self.node(*number, *node)?.clone()),
            Touched::Gate(number, node) => Row::Gate(self.gate(*number, *node)?.clone()),
            Touched::Lane(key) => Row::Lane(self.lanes.get(key)?.clone()),
            Touched::Target(name) => Row::Target(self.targets.get(name)?.clone()),
            Touched::Rollout(target, number) => Row::Rollout(self.rollouts.get(&(target.clone(), *number))?.clone()),
            Touched::Attempt(id) => Row::Attempt(Box::new(self.attempts.get(id)?.clone())),
            Touched::Watch(id) => match self.watches.get(id) {
                Some(row) => Row::Watch(Box::new(row.clone())),
                None => Row::WatchEnded(MonitorId(id.0.clone())),
            },
            Touched::Hold(id) => Row::Hold(self.holds.get(&HoldId(id.0.clone()))?.clone()),
        })
    }
}
