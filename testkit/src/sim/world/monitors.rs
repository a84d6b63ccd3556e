use engine::core::input::Reading;
use engine::core::row::WatchRow;
use engine::core::{Actor, Input, Pipeline};

use super::World;
use crate::sim::step::What;

/// What a monitor would say now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Good,
    Bad,
    Silent,
    Dark,
}

impl World {
    /// Reads every monitor whose interval has passed; now and then one is forgotten.
    pub(super) fn poll(&mut self, pipeline: &Pipeline) {
        let due: Vec<WatchRow> = pipeline.watches().filter(|w| self.is_due(w)).cloned().collect();
        for watch in due {
            if !self.calm && self.random.chance(self.temper.dark) {
                continue;
            }
            let reading = self.reading(&watch);
            self.planned.push_back(What::Give { actor: Actor::Engine, input: Input::Observe { monitor: watch.id, reading } });
        }
    }

    fn is_due(&self, watch: &WatchRow) -> bool {
        watch.last_at.is_none_or(|at| self.now >= at + watch.monitor.interval_ms)
    }

    pub(super) fn reading(&mut self, watch: &WatchRow) -> Reading {
        let health = self.monitors.entry(watch.id.clone()).or_insert(Health::Good);
        let (roll, temper) = (u32::try_from(self.random.below(1000)).unwrap_or(0), &self.temper);
        *health = match (*health, self.calm) {
            (_, true) => Health::Good,
            (Health::Good, false) if roll < temper.alarms * 10 => Health::Bad,
            (Health::Good, false) if roll > 999 - temper.dark * 10 => {
                if roll % 2 == 0 {
                    Health::Dark
                } else {
                    Health::Silent
                }
            }
            (Health::Good, false) => Health::Good,
            (Health::Bad | Health::Dark | Health::Silent, false) if roll < 350 => Health::Good,
            (same, false) => same,
        };
        let detail = String::new();
        match *health {
            Health::Good => Reading::Ok { value: Some(0.0), detail },
            Health::Bad => Reading::Bad { value: Some(9.0), detail },
            Health::Silent => Reading::NoData { detail },
            Health::Dark => Reading::Unreadable { detail },
        }
    }
}
