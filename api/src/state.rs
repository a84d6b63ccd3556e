use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::core::Time;
use engine::ports::{Clock, Ids};

use crate::auth::{LoginLimit, Passwords};

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
}

impl ApiSettings {
    /// Secure unless the address is plain HTTP, where a browser would drop the cookies.
    #[must_use]
    pub fn new(public_url: url::Url) -> Self {
        let secure_cookies = public_url.scheme() == "https";
        Self { public_url, secure_cookies, session_ms: 7 * 24 * 3_600 * 1_000, replay_events: 10_000 }
    }
}

/// What every handler gets. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ApiSettings,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    passwords: Passwords,
    login_limit: LoginLimit,
    draining: AtomicBool,
}

impl ApiState {
    #[must_use]
    pub fn new(settings: ApiSettings, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let passwords = Passwords::new(ids.as_ref());
        let (login_limit, draining) = (LoginLimit::default(), AtomicBool::new(false));
        Self { inner: Arc::new(Inner { settings, clock, ids, passwords, login_limit, draining }) }
    }

    #[must_use]
    pub fn settings(&self) -> &ApiSettings {
        &self.inner.settings
    }

    #[must_use]
    pub fn now(&self) -> Time {
        self.inner.clock.now()
    }

    #[must_use]
    pub fn ids(&self) -> &dyn Ids {
        self.inner.ids.as_ref()
    }

    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    #[must_use]
    pub fn login_limit(&self) -> &LoginLimit {
        &self.inner.login_limit
    }

    /// From now on the server is not ready: it takes no new connections and ends its streams.
    pub fn drain(&self) {
        self.inner.draining.store(true, Ordering::Release);
    }

    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.inner.draining.load(Ordering::Acquire)
    }
}

impl fmt::Debug for ApiState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiState").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}
