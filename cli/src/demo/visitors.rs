//! Visitors of production: they ask every target again and again, and remember who was let down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::core::Time;
use engine::ports::Clock;
use tokio_util::sync::CancellationToken;

/// Each target is asked this often: 40 visitors a second. Beta has none.
const EVERY_MS: u64 = 25;
/// Longer than any hand-over may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many disappointments are remembered one by one.
const REMEMBERED: usize = 1000;

/// A visitor who did not get a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LetDown {
    pub(super) target: &'static str,
    pub(super) at: Time,
    /// The short commit that answered badly; none when nobody answered.
    pub(super) by_version: Option<String>,
    pub(super) how: String,
}

#[derive(Debug, Default)]
struct Seen {
    served: BTreeMap<&'static str, u64>,
    let_down: Vec<LetDown>,
}

#[derive(Debug, Clone)]
pub(super) struct Visitors {
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    seen: Arc<Mutex<Seen>>,
    stop: CancellationToken,
}

impl Visitors {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        // A connection for each visitor: what a hand-over must not lose is the new ones.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(PATIENCE).build()?;
        Ok(Self { http, clock, seen: Arc::default(), stop: CancellationToken::new() })
    }

    /// Visits a target from its first good answer on.
    pub(super) fn visit(&self, target: &'static str, port: u16) {
        tokio::spawn(self.clone().come(target, format!("http://127.0.0.1:{port}/")));
    }

    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    pub(super) fn served(&self) -> u64 {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).served.values().sum()
    }

    /// Those who were let down by anything but `bad_version`, which everybody knows to be bad.
    pub(super) fn let_down_by_others(&self, bad_version: Option<&str>) -> Vec<LetDown> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let by_bad = |who: &LetDown| bad_version.is_some_and(|bad| who.by_version.as_deref() == Some(bad));
        seen.let_down.iter().filter(|who| !by_bad(who)).cloned().collect()
    }

    pub(super) fn let_down_by(&self, version: &str) -> usize {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.let_down.iter().filter(|who| who.by_version.as_deref() == Some(version)).count()
    }

    async fn come(self, target: &'static str, url: String) {
        let mut open = false;
        let mut visit = 0;
        let mut next = self.clock.now();
        while !self.stop.is_cancelled() {
            visit += 1;
            match self.ask(&url, visit).await {
                Ok(()) => {
                    open = true;
                    *self.seen.lock().unwrap_or_else(PoisonError::into_inner).served.entry(target).or_default() += 1;
                }
                // Before its first release nobody expects a shop there.
                Err(_) if !open => {}
                Err((by_version, how)) => {
                    let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                    if seen.let_down.len() < REMEMBERED && !self.stop.is_cancelled() {
                        seen.let_down.push(LetDown { target, at: self.clock.now(), by_version, how });
                    }
                }
            }
            // A slow answer delays the next visitor and never bunches them up.
            next = (next + EVERY_MS).max(self.clock.now());
            self.clock.sleep_until(next).await;
        }
    }

    async fn ask(&self, url: &str, visit: u64) -> Result<(), (Option<String>, String)> {
        // What tells a visitor from a check; the shop's fault is in how it treats baskets.
        let response =
            self.http.get(url).header("cookie", format!("basket={visit}")).send().await.map_err(|error| (None, error_text(&error)))?;
        let version = response.headers().get("x-version").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status();
        match response.bytes().await {
            Ok(_) if status.is_success() => Ok(()),
            Ok(_) => Err((version, format!("answered {status}"))),
            Err(error) => Err((version, error_text(&error))),
        }
    }
}

fn error_text(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text
}
