//! Fakes of the outside that keep state.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::body::Bytes;
use engine::core::Time;
use engine::core::id::SourceOrder;
use engine::core::input::Revision;
use engine::ports::{
    BlobError, Blobs, Clock, Commit, Head, Ids, Previous, Repository as Address, SecretError, SecretValue, Secrets, Source, SourceError,
};
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use tokio::sync::watch;

pub(super) fn ports(clock: Arc<TestClock>, repository: Arc<Repository>) -> engine::Ports {
    engine::Ports {
        clock,
        ids: Arc::new(CountedIds::default()),
        source: repository,
        hooks: Vec::new(),
        alarm_push: None,
        forges: Vec::new(),
        monitors: Vec::new(),
        notifiers: Vec::new(),
        blobs: Arc::new(MemoryBlobs::default()),
        secrets: Arc::new(NoSecrets),
        library: Arc::new(pipelines::Blocks::built_in()),
        identity: None,
        keys: Arc::new(engine::Keys::new(Arc::new(NoKeys))),
        owner: Arc::default(),
    }
}

/// Signs nothing.
#[derive(Debug)]
struct NoKeys;

impl engine::ports::Signer for NoKeys {
    fn new_key(&self) -> Result<Arc<dyn engine::ports::SigningKey>, String> {
        Err("this server makes no keys".to_owned())
    }
}

/// Goes as fast as real time, and can be moved on.
#[derive(Debug)]
pub(crate) struct TestClock {
    started: Instant,
    ahead_ms: watch::Sender<u64>,
}

impl Default for TestClock {
    fn default() -> Self {
        #[expect(clippy::disallowed_methods, reason = "implements the port")]
        let started = Instant::now();
        Self { started, ahead_ms: watch::Sender::new(0) }
    }
}

impl TestClock {
    pub(crate) fn advance(&self, ms: u64) {
        self.ahead_ms.send_modify(|ahead| *ahead += ms);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Time {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).expect("a short test");
        Time(1_700_000_000_000) + (elapsed + *self.ahead_ms.borrow())
    }

    async fn sleep_until(&self, at: Time) {
        let mut moved = self.ahead_ms.subscribe();
        while self.now() < at {
            let rest = Duration::from_millis(at.since_ms(self.now()).min(3_600_000));
            // Either the time passes by itself or the test moves it.
            drop(tokio::time::timeout(rest, moved.changed()).await);
        }
    }
}

#[derive(Debug, Default)]
struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn uuid(&self) -> String {
        format!("0190b2c4-0000-7000-8000-{:012x}", self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn token(&self) -> String {
        format!("{:032x}", u128::from(self.0.fetch_add(1, Ordering::Relaxed)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }
}

/// One branch of one repository.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    history: Mutex<Vec<Recorded>>,
    file: Mutex<String>,
    is_silent: AtomicBool,
}

#[derive(Debug, Clone)]
struct Recorded {
    id: String,
    title: String,
    file: String,
}

impl Repository {
    /// The pipeline file of the next commit.
    pub(crate) fn write(&self, text: &str) {
        text.clone_into(&mut self.file.lock().expect("no panic"));
    }

    /// From now on it does not answer, and does not say no either.
    pub(crate) fn falls_silent(&self) {
        self.is_silent.store(true, Ordering::Relaxed);
    }

    pub(crate) fn commit(&self, title: &str) -> String {
        let file = self.file.lock().expect("no panic").clone();
        let mut history = self.history.lock().expect("no panic");
        let id = format!("{:040x}", 0xc0ff_ee00 + history.len());
        history.push(Recorded { id: id.clone(), title: title.to_owned(), file });
        id
    }

    fn at(&self, commit: &str) -> Option<(usize, Recorded)> {
        self.history.lock().expect("no panic").iter().cloned().enumerate().find(|(_, recorded)| recorded.id == commit)
    }
}

#[async_trait]
impl Source for Repository {
    async fn head(&self, at: &Address, branch: &str, _: Option<&Previous>) -> Result<Head, SourceError> {
        if self.is_silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let history = self.history.lock().expect("no panic");
        let Some(last) = history.last() else {
            return Err(SourceError::NoBranch { url: at.url.clone(), branch: branch.to_owned() });
        };
        let revision = Revision {
            source: at.url.clone(),
            commit: last.id.clone(),
            reference: branch.to_owned(),
            title: last.title.clone(),
            author: "Ada".to_owned(),
            committed_at: Time(1_700_000_000_000),
        };
        Ok(Head { revision, order: SourceOrder { epoch: 0, position: history.len() as u64 } })
    }

    async fn commits(&self, _: &Address, from: Option<&str>, to: &str, limit: usize) -> Result<Vec<Commit>, SourceError> {
        let start = from.and_then(|from| self.at(from)).map_or(0, |(at, _)| at + 1);
        let end = self.at(to).map_or(0, |(at, _)| at + 1);
        let history = self.history.lock().expect("no panic");
        let commits = history.get(start..end).unwrap_or_default().iter().rev().take(limit).map(|recorded| Commit {
            id: recorded.id.clone(),
            title: recorded.title.clone(),
            author: "Ada".to_owned(),
            author_email: "ada@example.com".to_owned(),
            committed_at: Time(1_700_000_000_000),
        });
        Ok(commits.collect())
    }

    async fn file(&self, at: &Address, commit: &str, path: &str) -> Result<Option<Bytes>, SourceError> {
        let unknown = || SourceError::NoCommit { url: at.url.clone(), commit: commit.to_owned() };
        let (_, recorded) = self.at(commit).ok_or_else(unknown)?;
        Ok((path == ".tidegate/pipeline.yaml").then(|| Bytes::from(recorded.file)))
    }

    async fn files(&self, _: &Address, _: &str, _: &str) -> Result<Vec<String>, SourceError> {
        Ok(Vec::new())
    }

    async fn parted(&self, _: &Address, _: &str, _: &str) -> Result<Option<String>, SourceError> {
        Ok(None)
    }

    async fn changed_paths(&self, _: &Address, _: &str, _: &str) -> Result<Vec<String>, SourceError> {
        Ok(vec!["src/main.rs".to_owned()])
    }
}

#[derive(Debug, Default)]
struct MemoryBlobs(Mutex<BTreeMap<String, Bytes>>);

#[async_trait]
impl Blobs for MemoryBlobs {
    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), BlobError> {
        self.0.lock().expect("no panic").insert(key.to_owned(), bytes);
        Ok(())
    }

    async fn put_file(&self, key: &str, file: std::path::PathBuf) -> Result<(), BlobError> {
        let bytes = std::fs::read(file).map_err(|error| BlobError::Unavailable(error.to_string()))?;
        self.put(key, Bytes::from(bytes)).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, BlobError> {
        self.0.lock().expect("no panic").get(key).cloned().ok_or_else(|| BlobError::NotFound(key.to_owned()))
    }

    async fn get_range(&self, key: &str, start: u64, end: u64) -> Result<Bytes, BlobError> {
        let whole = self.get(key).await?;
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(whole.len());
        Ok(whole.slice(at(start)..at(end)))
    }

    async fn stream(&self, key: &str) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
        let whole = self.get(key).await?;
        Ok(stream::iter([Ok(whole)]).boxed())
    }

    async fn exists(&self, key: &str) -> Result<bool, BlobError> {
        Ok(self.0.lock().expect("no panic").contains_key(key))
    }

    async fn remove(&self, key: &str) -> Result<(), BlobError> {
        self.0.lock().expect("no panic").remove(key);
        Ok(())
    }
}

#[derive(Debug)]
struct NoSecrets;

#[async_trait]
impl Secrets for NoSecrets {
    async fn secrets(&self, _: &str, _: &str, _: Option<&str>, names: &[String]) -> Result<BTreeMap<String, SecretValue>, SecretError> {
        names.first().map_or_else(|| Ok(BTreeMap::new()), |name| Err(SecretError::Missing(name.clone())))
    }
}
