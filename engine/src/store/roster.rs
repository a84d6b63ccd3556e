//! Runners as the database has them, for the question that every request of theirs begins with.
//!
//! Invariant: only where this process alone writes (SQLite), and forgotten before any change of a runner is answered.
//! Servers that share a database ask it each time, so that a revoked token ends everywhere at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use protocol::RunnerId;

use super::runners::RunnerRow;
use crate::core::Time;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Roster {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    runners: HashMap<RunnerId, RunnerRow>,
    /// By the hash of the runner's own token.
    tokens: HashMap<String, RunnerId>,
    /// Counts how often it was forgotten.
    age: u64,
}

/// When a question to the database began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked(u64);

impl Roster {
    /// How many runners are remembered at the most.
    const MOST: usize = 20_000;

    pub(super) fn by_token(&self, token_hash: &str) -> Result<RunnerRow, Asked> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.tokens.get(token_hash).and_then(|id| known.runners.get(id)).cloned().ok_or(Asked(known.age))
    }

    pub(super) fn by_id(&self, id: &RunnerId) -> Option<RunnerRow> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).runners.get(id).cloned()
    }

    /// Keeps the database's answer, unless a runner changed while it was on its way.
    pub(super) fn keep(&self, token_hash: &str, runner: &RunnerRow, asked: Asked) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.age == asked.0 && known.runners.len() < Self::MOST {
            known.tokens.insert(token_hash.to_owned(), runner.id.clone());
            known.runners.insert(runner.id.clone(), runner.clone());
        }
    }

    /// That it was there, which says nothing about the others. An older answer that is kept after this writes it once more.
    pub(super) fn seen(&self, id: &RunnerId, now: Time) {
        if let Some(runner) = self.known.lock().unwrap_or_else(PoisonError::into_inner).runners.get_mut(id) {
            runner.last_seen_at = runner.last_seen_at.max(now);
        }
    }

    /// Something about a runner was written.
    pub(super) fn forget(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.runners.clear();
        known.tokens.clear();
        known.age += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn runner() -> RunnerRow {
        RunnerRow {
            id: RunnerId::try_from("r-1".to_owned()).expect("an id"),
            name: "one".to_owned(),
            pool: "default".to_owned(),
            labels: BTreeMap::new(),
            slots: 1,
            version: String::new(),
            token_expires_at: Time::default(),
            registered_at: Time::default(),
            last_seen_at: Time::default(),
            draining: false,
            revoked_at: None,
        }
    }

    #[test]
    fn an_answer_from_before_a_change_is_not_kept() {
        let roster = Roster::default();
        let asked = roster.by_token("hash").expect_err("nobody is known");
        roster.forget();
        roster.keep("hash", &runner(), asked);
        let again = roster.by_token("hash").expect_err("it may have been revoked meanwhile");
        roster.keep("hash", &runner(), again);
        assert_eq!(roster.by_token("hash").expect("it is known"), runner());
        roster.seen(&runner().id, Time(7));
        assert_eq!(roster.by_token("hash").expect("it is known still").last_seen_at, Time(7));
        roster.forget();
        roster.by_token("hash").expect_err("it was forgotten");
    }
}
