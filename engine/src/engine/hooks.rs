//! Web hooks: written down before they are acknowledged (R8, ID1); and what clouds push about alarms, which only makes somebody look.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::{Engine, Error};
use crate::core::Time;
use crate::ports::forge::{Delivery, Hint, Hook};
use crate::ports::{AlarmPush, HookReader};
use crate::store::Received;
use crate::tasks;

/// A push makes an alarm be read at most so often; what comes sooner is one reading later.
const PUSH_EVERY_MS: u64 = 1_000;
/// Signals whose last push is remembered; all are forgotten when there are more.
const SIGNALS: usize = 10_000;

/// For when the last push of each signal made it be read.
#[derive(Debug, Default)]
pub(crate) struct Pushes(Mutex<HashMap<String, Time>>);

impl Pushes {
    /// When a push that comes now takes effect.
    fn at(&self, signal: &str, now: Time) -> Time {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= SIGNALS && !all.contains_key(signal) {
            all.clear();
        }
        match all.get(signal) {
            // Put off already: this one is that one, too.
            Some(last) if *last > now => *last,
            last => {
                let at = last.map_or(now, |last| now.max(*last + PUSH_EVERY_MS));
                all.insert(signal.to_owned(), at);
                at
            }
        }
    }
}

/// The longest delivery id that is kept as it is.
const ID_CHARS: usize = 100;

impl Engine {
    /// An alarm may have changed: whoever watches it reads it at once. What it says is never believed; a forged push costs a reading.
    /// Answers how many watch it.
    ///
    /// # Errors
    /// The store's.
    pub async fn alarm_pushed(&self, signal: &str) -> Result<u64, Error> {
        let at = self.pushes.at(signal, self.clock().now());
        let watches = self.store.watch_pushed(signal, at).await?;
        if watches > 0 {
            self.hints.watches.notify_one();
        }
        Ok(watches)
    }

    /// What is pushed about alarms.
    #[must_use]
    pub fn alarm_push(&self) -> Option<&dyn AlarmPush> {
        self.ports.alarm_push.as_deref()
    }

    /// The reader of one forge's web hooks.
    #[must_use]
    pub fn hook_reader(&self, forge: &str) -> Option<&dyn HookReader> {
        self.ports.hooks.iter().find(|reader| reader.forge() == forge).map(AsRef::as_ref)
    }

    /// Keeps the hint of a proven web hook; afterwards it may be acknowledged. One that came before is not kept again.
    ///
    /// The delivery's id stands in a header, which forges do not sign; so the body belongs to the key, and nobody can use
    /// up an id with another body. That a replay under a new id passes is harmless: it is a hint.
    ///
    /// # Errors
    /// When the store cannot keep it.
    pub async fn receive_hook(&self, forge: &str, delivery: &Delivery, hook: &Hook, hint: &Hint) -> Result<Received, Error> {
        self.accepts_new_work()?;
        let digest = hex::encode(&Sha256::digest(&delivery.body)[..16]);
        let id = match &hook.delivery {
            Some(id) => id.chars().take(ID_CHARS).collect(),
            None => self.ids().uuid(),
        };
        let (key, kind, body) = tasks::inbox::hook_message(forge, &format!("{id}:{digest}"), hint)?;
        let received = self.store.receive(&key, kind, &body, self.clock().now()).await?;
        self.hints.inbox.notify_one();
        Ok(received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_pushes_of_one_alarm_are_a_reading_a_second_and_none_is_lost() {
        let pushes = Pushes::default();
        let at = |signal: &str, now: i64| pushes.at(signal, Time(now)).0;
        assert_eq!(at("a", 10_000), 10_000);
        assert_eq!(at("b", 10_001), 10_001, "another alarm");
        let burst: Vec<i64> = (10_001..10_200).map(|now| at("a", now)).collect();
        assert!(burst.iter().all(|at| *at == 11_000), "the whole burst is one reading later: {burst:?}");
        assert_eq!(at("a", 11_500), 12_000);
        assert_eq!(at("a", 20_000), 20_000);
    }
}
