use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use engine::core::Time;
use engine::core::input::Reading;
use engine::ports::{Accounts, Clock, Identity, MonitorReader, RoleRequest, Slice};
use pipelines::plan::{CLOUD_ALARM, CLOUD_GUARD, CLOUD_METRIC, Monitor, MonitorKind};
use tokio::sync::oneshot;

use super::failure::{self, Kind};
use super::guard;
use super::metrics::METRICS;
use super::sdk::{self, Sdk, Settings};

/// DescribeAlarms takes so many names at once.
const NAMES: usize = 100;
/// How long the first who asks waits for others who ask about the same account and region.
const GATHER_MS: u64 = 20;
/// An answer never has more pages than names; what has is not followed for ever.
const PAGES: usize = 8;
const SLICE_MS: u64 = 900_000;
/// A slice is replaced while it still lives this long, which is longer than any call.
const REPLACE_MS: u64 = 120_000;
/// What the server does in accounts by itself: it looks.
const MAY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:DescribeAlarms","cloudwatch:GetMetricData"],"Resource":"*"}]}"#;

/// The monitors `cloudwatch` (metric and composite alarms by name) and `cloudwatch_metric` (the newest whole period of a metric).
///
/// Whoever asks for alarms of one account and region at about the same time shares one call. `ALARM` is bad,
/// `INSUFFICIENT_DATA` is no data, and an alarm that is not there (any more) is as unreadable as one that AWS does not
/// show us (G9, IC5).
#[derive(Debug)]
pub struct CloudWatch {
    inner: Arc<Inner>,
}

/// What reading has cost since the start: each call is billed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: u64,
    /// Calls that gave no answer, throttled ones included.
    pub failed: u64,
    pub alarms: u64,
    /// Metrics that were asked for; each is billed, however many come in one call.
    pub metrics: u64,
}

/// What AWS charges for 1,000 calls, and for 1,000 metrics of GetMetricData, in most regions, in US cents.
const CENTS_PER_THOUSAND: f64 = 1.0;

impl Usage {
    /// What it has cost in US dollars, without the million calls a month that AWS gives to each account.
    #[must_use]
    pub fn dollars(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a price, not an account")]
        let billed = (self.calls + self.metrics) as f64;
        billed / 1_000.0 * CENTS_PER_THOUSAND / 100.0
    }
}

#[derive(Debug)]
pub(super) struct Inner {
    sdk: Sdk,
    identity: Arc<dyn Identity>,
    accounts: Arc<dyn Accounts>,
    pub(super) clock: Arc<dyn Clock>,
    queues: Mutex<HashMap<(Place, What), Vec<Asked>>>,
    /// By account; they are good in every region.
    slices: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Option<Slice>>>>>,
    pub(super) before: Mutex<guard::Before>,
    calls: AtomicU64,
    pub(super) failed: AtomicU64,
    alarms: AtomicU64,
    metrics: AtomicU64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: String,
}

/// What is asked for: alarms and metrics come by calls of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Alarms,
    Metrics,
    Guards,
}

impl What {
    fn of(monitor: &Monitor) -> Option<Self> {
        match &monitor.kind {
            MonitorKind::External { system, .. } if system == CLOUD_ALARM => Some(Self::Alarms),
            MonitorKind::External { system, .. } if system == CLOUD_METRIC => Some(Self::Metrics),
            MonitorKind::External { system, .. } if system == CLOUD_GUARD => Some(Self::Guards),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Asked {
    name: String,
    answer: oneshot::Sender<Reading>,
}

impl CloudWatch {
    #[must_use]
    pub fn new(settings: Settings, identity: Arc<dyn Identity>, accounts: Arc<dyn Accounts>, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            sdk: Sdk::new(settings),
            identity,
            accounts,
            clock,
            queues: Mutex::default(),
            slices: Mutex::default(),
            before: Mutex::default(),
            calls: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            alarms: AtomicU64::new(0),
            metrics: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    #[must_use]
    pub fn usage(&self) -> Usage {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        Usage {
            calls: count(&self.inner.calls),
            failed: count(&self.inner.failed),
            alarms: count(&self.inner.alarms),
            metrics: count(&self.inner.metrics),
        }
    }
}

#[async_trait]
impl MonitorReader for CloudWatch {
    fn knows(&self, monitor: &Monitor) -> bool {
        What::of(monitor).is_some()
    }

    async fn read(&self, monitor: &Monitor) -> Reading {
        self.read_since(monitor, self.inner.clock.now()).await
    }

    async fn read_since(&self, monitor: &Monitor, since: Time) -> Reading {
        let (MonitorKind::External { name, account: Some(account), region: Some(region), .. }, Some(what)) =
            (&monitor.kind, What::of(monitor))
        else {
            return unreadable("the alarm names no account or no region");
        };
        let place = Place { account: account.clone(), region: region.clone() };
        let name = if what == What::Guards { guard::asked(since, name) } else { name.clone() };
        let asked = tokio::time::timeout(Duration::from_millis(monitor.timeout_ms), self.inner.ask(place, what, name));
        match asked.await {
            Ok(reading) => reading,
            Err(_) => unreadable(&format!("CloudWatch in {account}/{region} did not answer within {} ms", monitor.timeout_ms)),
        }
    }
}

impl Inner {
    async fn ask(self: &Arc<Self>, place: Place, what: What, name: String) -> Reading {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queues.entry((place.clone(), what)).or_default();
            queue.push(Asked { name, answer });
            queue.len() == 1
        };
        if is_first {
            // The first may stop waiting; the others still get their answer.
            tokio::spawn(Arc::clone(self).read_all(place, what));
        }
        answered.await.unwrap_or_else(|_| unreadable("the reading was given up"))
    }

    async fn read_all(self: Arc<Self>, place: Place, what: What) {
        self.clock.sleep_until(self.clock.now() + GATHER_MS).await;
        let asked = self.queues.lock().unwrap_or_else(PoisonError::into_inner).remove(&(place.clone(), what)).unwrap_or_default();
        let names: Vec<String> = asked.iter().map(|asked| asked.name.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        let mut readings: BTreeMap<String, Reading> = BTreeMap::new();
        let at_once = if what == What::Alarms { NAMES } else { METRICS };
        for names in names.chunks(at_once) {
            let read = match what {
                What::Alarms => self.describe(&place, names).await,
                What::Metrics => self.measure(&place, names).await,
                What::Guards => self.guard(&place, names).await,
            };
            match read {
                Ok(found) => readings.extend(found),
                Err(detail) => readings.extend(names.iter().map(|name| (name.clone(), unreadable(&detail)))),
            }
        }
        for Asked { name, answer } in asked {
            let reading = readings.get(&name).cloned().unwrap_or_else(|| missing(&place, &name));
            let _nobody_waits = answer.send(reading);
        }
    }

    /// Those that exist, by name; in words why none can be read.
    async fn describe(&self, place: &Place, names: &[String]) -> Result<BTreeMap<String, Reading>, String> {
        let client = self.client(place).await?;
        let mut found = BTreeMap::new();
        let mut next = None;
        for _ in 0..PAGES {
            let request = client
                .describe_alarms()
                .set_alarm_names(Some(names.to_vec()))
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .max_records(100)
                .set_next_token(next);
            self.spend("DescribeAlarms", 0);
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) => {
                    self.failed.fetch_add(1, Ordering::Relaxed);
                    return Err(self.unread(place, &failure::of(&error), "cloudwatch:DescribeAlarms"));
                }
            };
            for alarm in answer.metric_alarms() {
                let name = alarm.alarm_name().unwrap_or_default();
                found.insert(name.to_owned(), reading(alarm.state_value(), alarm.state_reason()));
            }
            for alarm in answer.composite_alarms() {
                let name = alarm.alarm_name().unwrap_or_default();
                found.insert(name.to_owned(), reading(alarm.state_value(), alarm.state_reason()));
            }
            next = answer.next_token;
            if next.is_none() {
                self.alarms.fetch_add(found.len() as u64, Ordering::Relaxed);
                return Ok(found);
            }
        }
        Err(format!("CloudWatch in {}/{} answers with more than {PAGES} pages for {} alarms", place.account, place.region, names.len()))
    }

    /// Counts a call before it is made: AWS bills those that fail, too.
    pub(super) fn spend(&self, operation: &'static str, metrics: u64) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.metrics.fetch_add(metrics, Ordering::Relaxed);
        metrics::counter!("tidegate_cloudwatch_calls_total", "operation" => operation).increment(1);
        metrics::counter!("tidegate_cloudwatch_metrics_total").increment(metrics);
        let spent = Usage { calls: 1, metrics, ..Usage::default() };
        metrics::gauge!("tidegate_cloudwatch_dollars").increment(spent.dollars());
    }

    /// `action`: what the role must be allowed to do.
    pub(super) fn unread(&self, place: &Place, failure: &failure::Failure, action: &str) -> String {
        if failure.kind == Kind::Credentials {
            // They may have been revoked: the next reading assumes the role anew.
            self.slices.lock().unwrap_or_else(PoisonError::into_inner).remove(&place.account);
        }
        let denied = format!("the role may not read alarms there ({action})");
        let why = match failure.kind {
            Kind::Denied => denied.as_str(),
            Kind::Credentials => "its credentials are not accepted",
            Kind::Throttled => "too many requests, also after several tries",
            Kind::ClockSkew => "the clocks differ too much",
            Kind::RegionDisabled => "the region is not enabled",
            Kind::Invalid => "the request was refused",
            Kind::Unavailable | Kind::Other => "no answer that could be used",
        };
        format!("CloudWatch in {}/{} cannot be read: {why}: {}", place.account, place.region, failure.detail)
    }

    pub(super) async fn client(&self, place: &Place) -> Result<aws_sdk_cloudwatch::Client, String> {
        let access = self.accounts.access(&place.account).await?;
        let Some(access) = access else {
            return Err(format!("account {} is not registered on this server; `tidegate accounts add` does", place.account));
        };
        let held = Arc::clone(self.slices.lock().unwrap_or_else(PoisonError::into_inner).entry(place.account.clone()).or_default());
        let mut slice = held.lock().await;
        let now = self.clock.now();
        if slice.as_ref().is_none_or(|slice| slice.until.since_ms(now) < REPLACE_MS) {
            let tags = vec![("tidegate:watch".to_owned(), "true".to_owned())];
            let entry = self.accounts.watcher(&place.account, &tags).await.map_err(|error| error.to_string())?;
            let role = RoleRequest {
                account: place.account.clone(),
                role: access.roles.first().cloned().unwrap_or_default(),
                region: place.region.clone(),
                partition: access.partition,
                entry,
                session_name: "tidegate-watch".to_owned(),
                tags,
                session_policy: Some(MAY.to_owned()),
                duration_ms: SLICE_MS,
            };
            *slice = None;
            *slice = Some(self.identity.assume(&role).await.map_err(|error| error.to_string())?);
        }
        let config = self.sdk.of(access.partition, &place.region).await;
        let mut config = config.into_builder();
        if let Some(slice) = slice.as_ref() {
            config =
                config.credentials_provider(sdk::credentials(&slice.access_key_id, &slice.secret_access_key, Some(&slice.session_token)));
        }
        Ok(aws_sdk_cloudwatch::Client::new(&config.build()))
    }
}

fn reading(state: Option<&StateValue>, reason: Option<&str>) -> Reading {
    let reason = reason.filter(|reason| !reason.is_empty()).unwrap_or("no reason given");
    let detail: String = reason.chars().take(500).collect();
    match state {
        Some(StateValue::Ok) => Reading::Ok { value: None, detail: format!("OK: {detail}") },
        Some(StateValue::Alarm) => Reading::Bad { value: None, detail: format!("ALARM: {detail}") },
        Some(StateValue::InsufficientData) => Reading::NoData { detail: format!("INSUFFICIENT_DATA: {detail}") },
        Some(other) => unreadable(&format!("CloudWatch answers a state that is not known here: {}", other.as_str())),
        None => unreadable("CloudWatch answers an alarm without a state"),
    }
}

fn missing(place: &Place, name: &str) -> Reading {
    unreadable(&format!("there is no alarm {name:?} in {}/{}; was it deleted or renamed?", place.account, place.region))
}

pub(super) fn unreadable(detail: &str) -> Reading {
    Reading::Unreadable { detail: detail.to_owned() }
}
