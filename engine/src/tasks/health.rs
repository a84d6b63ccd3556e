//! Whether each task is alive: what `/readyz` asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::core::Time;

/// Rounds that fail again and again for this long make the server not ready.
const FAILING_MS: u64 = 60_000;

/// A task that does not do its work, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ailing {
    pub task: &'static str,
    pub detail: String,
}

/// What is known of every task that was started.
#[derive(Debug, Default)]
pub(crate) struct Health {
    tasks: Mutex<BTreeMap<&'static str, State>>,
}

#[derive(Debug, Clone)]
struct State {
    patience_ms: u64,
    round: Round,
    /// Since when no round has succeeded, and why the last one did not.
    failing: Option<(Time, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    None,
    UnderWay(Time),
    /// There will be no other one, although the server goes on.
    Never,
}

impl Health {
    /// `patience_ms` is how long one round may take.
    pub(super) fn started(&self, task: &'static str, patience_ms: u64) {
        let state = State { patience_ms, round: Round::None, failing: None };
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).insert(task, state);
    }

    pub(super) fn begins(&self, task: &'static str, now: Time) {
        self.change(task, |state| state.round = Round::UnderWay(now));
    }

    pub(super) fn succeeded(&self, task: &'static str) {
        self.change(task, |state| {
            state.round = Round::None;
            state.failing = None;
        });
    }

    pub(super) fn failed(&self, task: &'static str, detail: String, now: Time) {
        self.change(task, |state| {
            state.round = Round::None;
            let since = state.failing.as_ref().map_or(now, |(since, _)| *since);
            state.failing = Some((since, detail));
        });
    }

    /// It has ended; `wanted` when the server stops.
    pub(super) fn ended(&self, task: &'static str, wanted: bool) {
        if wanted {
            self.tasks.lock().unwrap_or_else(PoisonError::into_inner).remove(task);
        } else {
            self.change(task, |state| state.round = Round::Never);
        }
    }

    pub(crate) fn ailing(&self, now: Time) -> Vec<Ailing> {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.iter().filter_map(|(task, state)| Some(Ailing { task, detail: state.ails(now)? })).collect()
    }

    fn change(&self, task: &'static str, change: impl FnOnce(&mut State)) {
        if let Some(state) = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).get_mut(task) {
            change(state);
        }
    }
}

impl State {
    fn ails(&self, now: Time) -> Option<String> {
        match (self.round, &self.failing) {
            (Round::Never, Some((_, detail))) => Some(format!("it has ended: {detail}")),
            (Round::Never, None) => Some("it has ended".to_owned()),
            (Round::UnderWay(since), _) if now.since_ms(since) > self.patience_ms => {
                Some(format!("its round has been under way for {} s", now.since_ms(since) / 1_000))
            }
            (_, Some((since, detail))) if now.since_ms(*since) > FAILING_MS => {
                Some(format!("it has failed for {} s: {detail}", now.since_ms(*since) / 1_000))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(health: &Health, at: i64) -> Vec<String> {
        health.ailing(Time(at)).into_iter().map(|ailing| format!("{}: {}", ailing.task, ailing.detail)).collect()
    }

    #[test]
    fn a_task_that_hangs_fails_or_ends_is_named() {
        let health = Health::default();
        health.started("outbox", 10_000);
        health.started("feed", 10_000);
        health.begins("feed", Time(0));
        assert_eq!(details(&health, 10_000), Vec::<String>::new());
        assert_eq!(details(&health, 12_000), ["feed: its round has been under way for 12 s"]);
        health.succeeded("feed");
        health.failed("feed", "disk on fire".to_owned(), Time(20_000));
        health.begins("feed", Time(25_000));
        health.failed("feed", "disk still on fire".to_owned(), Time(25_001));
        assert_eq!(details(&health, 80_000), Vec::<String>::new(), "one bad minute is no illness");
        assert_eq!(details(&health, 81_000), ["feed: it has failed for 61 s: disk still on fire"]);
        health.succeeded("feed");
        health.ended("feed", false);
        health.ended("outbox", true);
        assert_eq!(details(&health, 81_000), ["feed: it has ended"]);
    }
}
