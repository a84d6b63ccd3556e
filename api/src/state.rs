use std::fmt;
use std::sync::{Arc, Weak};

use axum::http::HeaderValue;
use engine::Engine;
use engine::core::Time;
use engine::ports::{ActsAs, ForgeApp, Ids, SignIn};
use engine::store::Store;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::auth::{LoginLimit, Passwords};
use crate::events::{Hub, Names};
use crate::hook_limit::HookLimit;
use crate::shared::Shared;
use crate::types::{GitHubIdentity, GitHubView};

/// What the API needs to know about where it is served.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Where people reach the server.
    pub public_url: url::Url,
    /// Cookies only over TLS, under a `__Host-` name. Off only for plain HTTP on a loopback address.
    pub secure_cookies: bool,
    pub session_ms: u64,
    /// How many events a client may be behind before it has to fetch anew.
    pub replay_events: u64,
    /// Where people prove who they are, beside the passwords of local users.
    pub sign_in: Option<Arc<dyn SignIn>>,
    /// What the configuration says of GitHub, to be shown to people.
    pub github: GitHubView,
    /// What the server is at GitHub now, and how it becomes an App there.
    pub forge_app: Option<Arc<dyn ForgeApp>>,
}

impl ApiSettings {
    /// Secure unless the address is plain HTTP, where a browser would drop the cookies.
    #[must_use]
    pub fn new(public_url: url::Url) -> Self {
        let secure_cookies = public_url.scheme() == "https";
        Self {
            public_url,
            secure_cookies,
            session_ms: 7 * 24 * 3_600 * 1_000,
            replay_events: 10_000,
            sign_in: None,
            github: GitHubView::default(),
            forge_app: None,
        }
    }
}

/// What every handler gets. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ApiSettings,
    engine: Arc<Engine>,
    passwords: Passwords,
    login_limit: LoginLimit,
    hook_limit: HookLimit,
    streams: Arc<Semaphore>,
    names: Names,
    hub: Hub,
    shared: Shared,
    draining: CancellationToken,
    metrics: Option<Metrics>,
    policy: HeaderValue,
}

/// Renders the process's metrics as Prometheus text.
pub type Metrics = Box<dyn Fn() -> String + Send + Sync>;

/// Streams that are open at once; each holds a connection.
const STREAMS: usize = 2_000;

impl ApiState {
    #[must_use]
    pub fn new(engine: Arc<Engine>, settings: ApiSettings) -> Self {
        Self::with_metrics(engine, settings, None)
    }

    /// With what `/metrics` shows; without, it has nothing to say.
    #[must_use]
    pub fn with_metrics(engine: Arc<Engine>, settings: ApiSettings, metrics: Option<Metrics>) -> Self {
        let passwords = Passwords::new(engine.ids());
        let (login_limit, streams, draining) = (LoginLimit::default(), Arc::new(Semaphore::new(STREAMS)), CancellationToken::new());
        let hook_limit = HookLimit::default();
        let policy = crate::edge::policy(settings.forge_app.as_ref().and_then(|app| app.origin()).as_deref());
        Self {
            inner: Arc::new(Inner {
                settings,
                engine,
                passwords,
                login_limit,
                hook_limit,
                streams,
                names: Names::default(),
                hub: Hub::default(),
                shared: Shared::default(),
                draining,
                metrics,
                policy,
            }),
        }
    }

    #[must_use]
    pub fn settings(&self) -> &ApiSettings {
        &self.inner.settings
    }

    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.inner.engine
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        self.inner.engine.store()
    }

    #[must_use]
    pub fn now(&self) -> Time {
        self.inner.engine.clock().now()
    }

    #[must_use]
    pub fn ids(&self) -> &dyn Ids {
        self.inner.engine.ids()
    }

    /// What pages may load, and where their forms may lead.
    pub(crate) fn policy(&self) -> &HeaderValue {
        &self.inner.policy
    }

    /// What the server is at GitHub now, beside what is configured.
    pub(crate) fn github(&self) -> GitHubView {
        let configured = self.settings().github.clone();
        let Some(app) = &self.settings().forge_app else { return configured };
        let standing = app.standing();
        let (acts_as, app_id) = match standing.acts_as {
            ActsAs::App { id } => (GitHubIdentity::App, Some(id)),
            ActsAs::Token => (GitHubIdentity::Token, None),
            ActsAs::Nobody => (GitHubIdentity::Nobody, None),
        };
        let makes_none_because = standing.makes_none_because;
        GitHubView { acts_as, app_id, takes_web_hooks: standing.hears, makes_none_because, ..configured }
    }

    pub(crate) fn hook_limit(&self) -> &HookLimit {
        &self.inner.hook_limit
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.inner.streams
    }

    pub(crate) fn names(&self) -> &Names {
        &self.inner.names
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.inner.hub
    }

    /// For tasks that must not keep the state alive.
    pub(crate) fn downgrade(&self) -> WeakState {
        WeakState { inner: Arc::downgrade(&self.inner) }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    pub(crate) fn metrics(&self) -> Option<&Metrics> {
        self.inner.metrics.as_ref()
    }

    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    #[must_use]
    pub fn login_limit(&self) -> &LoginLimit {
        &self.inner.login_limit
    }

    /// From now on the server is not ready, and its streams end; what is being answered is answered.
    pub fn drain(&self) {
        self.inner.draining.cancel();
    }

    /// Cancelled by [`ApiState::drain`].
    #[must_use]
    pub fn draining(&self) -> &CancellationToken {
        &self.inner.draining
    }
}

pub(crate) struct WeakState {
    inner: Weak<Inner>,
}

impl WeakState {
    pub(crate) fn upgrade(&self) -> Option<ApiState> {
        self.inner.upgrade().map(|inner| ApiState { inner })
    }
}

impl fmt::Debug for ApiState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiState").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}
