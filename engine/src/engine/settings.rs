use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::Owner;
use super::keys::Keys;
use crate::core;
use crate::ports::{AlarmPush, Blobs, Clock, Forge, HookReader, Identity, Ids, MonitorReader, Notifier, Secrets, Source};
use crate::store::EnteredBy;
use pipelines::Blocks;

/// What the engine needs from outside.
#[derive(Debug, Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub source: Arc<dyn Source>,
    /// The web hooks that this server takes; one for each forge.
    pub hooks: Vec<Arc<dyn HookReader>>,
    /// What a cloud pushes about its alarms; none: this server takes nothing of the kind.
    pub alarm_push: Option<Arc<dyn AlarmPush>>,
    /// Where becomes visible what becomes of a commit; the first that knows a repository is asked.
    pub forges: Vec<Arc<dyn Forge>>,
    /// Asked in order; the first that knows a monitor reads it.
    pub monitors: Vec<Arc<dyn MonitorReader>>,
    pub notifiers: Vec<Arc<dyn Notifier>>,
    pub blobs: Arc<dyn Blobs>,
    pub secrets: Arc<dyn Secrets>,
    /// Assumes roles at a cloud; none: jobs get no identity.
    pub identity: Option<Arc<dyn Identity>>,
    /// Sign what jobs, and the server itself, show others of themselves.
    pub keys: Arc<Keys>,
    /// The blocks that pipeline files may use beside those of their own repository.
    pub library: Arc<Blocks>,
    /// What the owner of this server demands and offers.
    pub owner: Arc<Owner>,
}

/// How one server behaves. The defaults suit one small machine.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names this server in claims and leases; unique among servers that share a database.
    pub server: String,
    /// Where people reach it, without a slash at the end.
    pub public_url: String,
    /// Where uploads are collected before they enter the blob store.
    pub spool: PathBuf,
    pub core: core::Settings,
    /// A runner's lease and how often it is renewed (R5).
    pub lease_ms: u64,
    pub heartbeat_ms: u64,
    /// How long a runner's own token counts; it renews it after half of that.
    pub runner_token_ms: u64,
    /// How long a slice of credentials lives (R4); STS issues none for less than 15 minutes.
    pub slice_ms: u64,
    /// Added to the environment of jobs that have an identity, such as `AWS_ENDPOINT_URL`.
    pub identity_env: BTreeMap<String, String>,
    /// How often tables are asked although no hint came; catches what another server or a crash left.
    pub sweep_ms: u64,
    /// How accounts are entered that are registered from now on, unless their registration says.
    pub enters_by: EnteredBy,
    /// Monitors read at the same time.
    pub watch_concurrency: usize,
    /// Attempts that are looked at in one round of dispatch.
    pub dispatch_batch: u32,
    /// The largest artifact, in bytes.
    pub max_artifact_bytes: u64,
    /// Releases that reach production come from branches only that their forge protects (IB8).
    pub requires_protected_branch: bool,
    /// Gates may be opened by who presses a button at a forge, on the word of its signed web hook.
    pub approves_at_checks: bool,
    pub retention: Retention,
}

/// How long what nobody needs any more is kept. What a lane, a target or a running attempt names stays in any case: so
/// every release that runs somewhere or that a rollback may go back to, with its plan and its artifacts (P3, X2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Logs of ended attempts, from their first line on.
    pub logs_ms: u64,
    /// Releases that have ended, with all that is known of them but their events.
    pub releases_ms: u64,
    /// So many of each pipeline stay, however old they are.
    pub releases_at_least: u32,
    pub events_ms: u64,
    /// Artifacts that no release uses, since they were stored last.
    pub artifacts_ms: u64,
    /// Messages that were delivered or dealt with.
    pub done_ms: u64,
}

impl Settings {
    /// The defaults for a server of this name.
    #[must_use]
    pub fn new(server: String, public_url: String, spool: PathBuf) -> Self {
        const MINUTE_MS: u64 = 60_000;
        const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
        Self {
            server,
            public_url,
            spool,
            core: core::Settings::default(),
            lease_ms: MINUTE_MS,
            heartbeat_ms: 10_000,
            runner_token_ms: 30 * DAY_MS,
            slice_ms: 900_000,
            identity_env: BTreeMap::new(),
            sweep_ms: 5_000,
            enters_by: EnteredBy::default(),
            watch_concurrency: 64,
            dispatch_batch: 1_000,
            max_artifact_bytes: 10 * 1024 * 1024 * 1024,
            requires_protected_branch: false,
            approves_at_checks: false,
            retention: Retention {
                logs_ms: 90 * DAY_MS,
                releases_ms: 400 * DAY_MS,
                releases_at_least: 50,
                events_ms: 400 * DAY_MS,
                artifacts_ms: 7 * DAY_MS,
                done_ms: 7 * DAY_MS,
            },
        }
    }
}
