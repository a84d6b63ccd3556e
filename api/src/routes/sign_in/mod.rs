//! Signing in with a forge, beside local users: OAuth with state and PKCE.
//!
//! What the way back needs stands in one cookie of the browser that began: so nobody else's browser can be signed in with a code
//! that an attacker brings, and nothing of it is kept here. Where a person goes afterwards is no URL but an id that the browser
//! made: this server leads to its own first page only (reliability.md, what went wrong elsewhere: open redirects).

pub(super) mod back;
pub(super) mod begin;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::ports::SignIn;
use sha2::{Digest as _, Sha256};

use crate::problem::{Code, Problem};
use crate::state::{ApiSettings, ApiState};

/// How long a person may take at the forge.
const MINUTES: u64 = 10;

/// What the browser that began keeps until it comes back.
struct Begun {
    state: String,
    verifier: String,
    /// Opaque: only handed back.
    then: String,
}

impl Begun {
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }

    fn cookie(&self, settings: &ApiSettings) -> Option<HeaderValue> {
        set(&format!("{}.{}.{}", self.state, self.verifier, self.then), MINUTES * 60, settings)
    }

    /// None: this browser began nothing.
    fn read(headers: &HeaderMap, settings: &ApiSettings) -> Option<Self> {
        let pairs = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
        let mut values =
            pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name(settings)).map(|(_, value)| value);
        let value = values.next().filter(|_| values.next().is_none())?;
        let mut parts = value.split('.');
        let (state, verifier, then) = (parts.next()?, parts.next()?, parts.next()?);
        let is_whole = parts.next().is_none() && state.len() >= 32 && verifier.len() >= 43 && is_opaque(then);
        is_whole.then(|| Self { state: state.to_owned(), verifier: verifier.to_owned(), then: then.to_owned() })
    }
}

/// An id that can be nothing else: letters, digits, `-` and `_`, 64 at most; empty for none.
fn is_opaque(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn name(settings: &ApiSettings) -> &'static str {
    if settings.secure_cookies { "__Host-tidegate-sign-in" } else { "tidegate-sign-in" }
}

fn set(value: &str, max_age_s: u64, settings: &ApiSettings) -> Option<HeaderValue> {
    let secure = if settings.secure_cookies { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}", name(settings))).ok()
}

/// Where the forge leads back to, as it is registered there.
fn back_address(state: &ApiState) -> String {
    format!("{}/api/v1/session/github/back", state.settings().public_url.as_str().trim_end_matches('/'))
}

fn provider(state: &ApiState) -> Result<Arc<dyn SignIn>, Problem> {
    state
        .settings()
        .sign_in
        .clone()
        .ok_or_else(|| Problem::new(Code::ForgeNotConfigured, "nobody signs in with GitHub here; docs/github.md says how to set it up"))
}
