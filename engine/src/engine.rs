//! Load → handle → save → commit → hint; the crate's public face.
//!
//! Invariant: nothing is acted upon before it is committed, and nothing that must not be lost lives
//! only here. A crash between commit and hint costs time, never a fact: every task finds its work by
//! a query.
//!
//! All inputs of one pipeline pass through its *shard* one after the other; those that arrive while
//! a commit is under way share the next one.

mod accounts;
mod annotations;
mod artifacts;
mod credentials;
mod entering;
mod environment;
mod error;
mod fleet;
mod hooks;
mod id_tokens;
mod keys;
mod logs;
mod paths;
mod payload;
pub(crate) mod reports;
mod restored;
mod rolling;
mod runners;
mod settings;
mod shard;
mod sources;
mod trust;
mod uploads;

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, broadcast, oneshot, watch};
use tokio_util::sync::CancellationToken;

pub use accounts::{NewAccount, inventory};
pub(crate) use artifacts::artifact_key;
pub use entering::{AUDIENCE, Registry};
pub use environment::Owner;
pub use error::Error;
pub use fleet::{Preview, Use};
pub use keys::Keys;
pub use logs::{LineTime, LogHits, LogPage, LogTimes};
pub use settings::{Ports, Retention, Settings};
pub use sources::{Checked, Connection, Start};
pub use trust::{TrustPolicy, Trusted};

use crate::core::id::PipelineId;
use crate::core::{self, Actor, Event, Input, Time};
use crate::ports::{Clock, Ids};
use crate::store::{self, LogEnd, Store, StoredEvent};
use crate::tasks::{self, Ailing};
pub(crate) use shard::panic_text;
use shard::{Pending, Shard};

/// How many events a slow listener may lag behind before it has to read from the store again.
const FEED_CAPACITY: usize = 4_096;

/// One server's engine. Any number of them may share a PostgreSQL database.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    store: Store,
    ports: Ports,
    shards: Mutex<HashMap<PipelineId, Arc<Shard>>>,
    hints: Hints,
    feed: broadcast::Sender<Arc<StoredEvent>>,
    dispatch: tasks::dispatch::Counter,
    /// The sequence number up to which this server has published; none before the first round.
    published: Mutex<Option<u64>>,
    retention_due: Mutex<Option<Time>>,
    /// The data came from a backup, and a person has not released every pipeline yet (R12).
    is_restored: AtomicBool,
    /// The clock is about to follow the system's: no lease begins meanwhile.
    is_clock_being_set: AtomicBool,
    log_grew: watch::Sender<u64>,
    health: tasks::health::Health,
    next_tick: tasks::deadlines::NextTick,
    slices: credentials::Slices,
    pushes: hooks::Pushes,
}

/// Wake-ups. Losing one costs a poll interval, never a fact.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    pub(crate) deadlines: Notify,
    pub(crate) dispatch: Notify,
    pub(crate) watches: Notify,
    pub(crate) outbox: Notify,
    pub(crate) sources: Notify,
    pub(crate) feed: Notify,
    pub(crate) inbox: Notify,
    pub(crate) logs: Notify,
    pub(crate) retention: Notify,
    pub(crate) room: Notify,
    pub(crate) fleet: Notify,
    pub(crate) clock: Notify,
}

/// What an input did, after its commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The pipeline's version that holds it.
    pub version: u64,
    pub events: Vec<Event>,
}

impl Engine {
    /// Opens the engine on a store. Nothing runs until [`Engine::run`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(settings: Settings, store: Store, ports: Ports) -> Result<Arc<Self>, Error> {
        let mut settings = settings;
        let meta = store.meta().await?;
        // Whatever the answer takes: a clock that is corrected later would turn back.
        tasks::clock::agree(&store, ports.clock.as_ref(), u64::MAX).await?;
        settings.core.generation = meta.generation;
        let (feed, _) = broadcast::channel(FEED_CAPACITY);
        Ok(Arc::new(Self {
            settings,
            store,
            ports,
            shards: Mutex::default(),
            hints: Hints::default(),
            feed,
            dispatch: tasks::dispatch::Counter::default(),
            published: Mutex::default(),
            retention_due: Mutex::default(),
            is_restored: AtomicBool::new(meta.restored_at.is_some()),
            is_clock_being_set: AtomicBool::new(false),
            log_grew: watch::Sender::new(0),
            health: tasks::health::Health::default(),
            next_tick: tasks::deadlines::NextTick::default(),
            slices: credentials::Slices::default(),
            pushes: hooks::Pushes::default(),
        }))
    }

    /// Runs every task until `shutdown`. A restart needs nothing else: each task finds its work by a query.
    pub async fn run(self: &Arc<Self>, shutdown: CancellationToken) {
        tasks::run(self, shutdown).await;
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.ports.clock.as_ref()
    }

    #[must_use]
    pub fn ids(&self) -> &dyn Ids {
        self.ports.ids.as_ref()
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(crate) fn hints(&self) -> &Hints {
        &self.hints
    }

    pub(crate) fn feed(&self) -> &broadcast::Sender<Arc<StoredEvent>> {
        &self.feed
    }

    pub(crate) fn dispatch_counter(&self) -> &tasks::dispatch::Counter {
        &self.dispatch
    }

    /// Runners whose long poll this server holds open now.
    #[must_use]
    pub fn waiting_runners(&self) -> usize {
        self.dispatch.waiting()
    }

    /// Events after their commit, in the order of their sequence numbers. A lagging listener is told so
    /// by the channel and reads the gap from the store.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Arc<StoredEvent>> {
        self.feed.subscribe()
    }

    /// Whether new work may begin: a full disk keeps its last room for what is under way, for cancels and holds (ID12).
    pub(crate) fn accepts_new_work(&self) -> Result<(), Error> {
        if self.store.is_full() {
            return Err(Error::Store(store::Error::Full("new work is refused until there is room again".to_owned())));
        }
        Ok(())
    }

    pub(crate) fn is_clock_being_set(&self) -> &AtomicBool {
        &self.is_clock_being_set
    }

    /// The id of the pipeline with this name.
    ///
    /// # Errors
    /// [`Error::UnknownPipeline`].
    pub async fn pipeline_id(&self, name: &str) -> Result<PipelineId, Error> {
        self.store.pipeline_by_name(name).await?.ok_or_else(|| Error::UnknownPipeline(name.to_owned()))
    }

    /// Hands one input to its pipeline and answers after the commit.
    ///
    /// The work goes on when the caller stops waiting: an input that was accepted is never lost.
    ///
    /// # Errors
    /// [`Error::Rejected`] when the core refuses it, [`Error::Parked`] when the pipeline is parked, and the store's errors.
    pub async fn input(self: &Arc<Self>, pipeline: &PipelineId, actor: Actor, input: Input) -> Result<Applied, Error> {
        self.input_with_log(pipeline, actor, input, None).await
    }

    /// The same for a report, whose log ends in the same transaction.
    async fn input_with_log(
        self: &Arc<Self>,
        pipeline: &PipelineId,
        actor: Actor,
        input: Input,
        log: Option<LogEnd>,
    ) -> Result<Applied, Error> {
        let shard = self.shard(pipeline);
        let (answer, answered) = oneshot::channel();
        if shard.push(Pending { actor, input, log, answer }) {
            tokio::spawn(shard::drain(Arc::clone(self), Arc::clone(&shard)));
        }
        answered.await.unwrap_or(Err(Error::ShuttingDown))
    }

    /// Looks at the pipeline as it is committed now.
    ///
    /// # Errors
    /// When it is unknown, parked or cannot be loaded.
    pub async fn view<T>(&self, pipeline: &PipelineId, look: impl FnOnce(&core::Pipeline) -> T) -> Result<T, Error> {
        let shard = self.shard(pipeline);
        let mut state = shard.state.lock().await;
        shard::make_current(self, &shard.id, &mut state).await?;
        match state.as_ref() {
            Some(current) => Ok(look(&current.pipeline)),
            None => Err(Error::UnknownPipeline(pipeline.to_string())),
        }
    }

    fn shard(&self, pipeline: &PipelineId) -> Arc<Shard> {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shards.entry(pipeline.clone()).or_insert_with(|| Arc::new(Shard::new(pipeline.clone()))))
    }

    pub(crate) fn next_tick(&self) -> &tasks::deadlines::NextTick {
        &self.next_tick
    }

    pub(crate) fn health(&self) -> &tasks::health::Health {
        &self.health
    }

    /// The tasks that do not do their work, with why: they ended, hang, or fail again and again. A task that the
    /// server has not started is none of them.
    #[must_use]
    pub fn ailing_tasks(&self) -> Vec<Ailing> {
        self.health.ailing(self.clock().now())
    }

    pub(crate) fn retention_due(&self) -> &Mutex<Option<Time>> {
        &self.retention_due
    }

    /// Events were committed. Whoever begins to listen after this finds them in the store, so that with nobody
    /// listening there is nothing to read.
    pub(crate) fn has_events_up_to(&self, last: u64) {
        if self.store.is_shared() || self.feed.receiver_count() > 0 {
            self.hints.feed.notify_one();
            return;
        }
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        *published = Some(published.map_or(last, |before| before.max(last)));
    }

    /// Up to where events have been published on this server.
    pub(crate) fn published(&self) -> &Mutex<Option<u64>> {
        &self.published
    }

    /// Forgets a pipeline that was disconnected.
    fn forget(&self, pipeline: &PipelineId) {
        self.dispatch.board.gone(pipeline);
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).remove(pipeline);
    }

    /// Takes one pipeline out of service with its error; all others go on (R11).
    pub(crate) async fn park(&self, pipeline: &PipelineId, reason: String) {
        let shard = self.shard(pipeline);
        let mut state = shard.state.lock().await;
        *state = None;
        drop(shard::park(self, pipeline, reason).await);
    }

    /// Puts a parked pipeline back into service, once its cause is mended.
    ///
    /// # Errors
    /// When the store cannot keep it, or the pipeline still cannot be loaded: then it is parked again.
    pub async fn unpark(&self, pipeline: &PipelineId) -> Result<(), Error> {
        self.store.unpark(pipeline).await?;
        self.dispatch.board.forget();
        self.hints.dispatch.notify_one();
        self.hints.deadlines.notify_one();
        self.view(pipeline, |_| ()).await
    }

    /// Every pipeline of the server, parked ones included.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn pipeline_ids(&self) -> Result<Vec<PipelineId>, Error> {
        const PAGE: u32 = 500;
        let mut ids = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.store.pipelines(&after, PAGE).await?;
            let full = page.len() >= PAGE as usize;
            after = page.last().map(|last| last.name.clone()).unwrap_or_default();
            ids.extend(page.into_iter().map(|listed| listed.id));
            if !full {
                return Ok(ids);
            }
        }
    }
}
