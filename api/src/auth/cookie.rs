//! The session cookie.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::state::ApiSettings;

/// `__Host-tidegate` where cookies are secure: bound to this very host, never sent in clear.
#[must_use]
pub fn name(settings: &ApiSettings) -> &'static str {
    if settings.secure_cookies { "__Host-tidegate" } else { "tidegate" }
}

/// The value of the session cookie, if exactly one was sent.
#[must_use]
pub fn read<'h>(headers: &'h HeaderMap, settings: &ApiSettings) -> Option<&'h str> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name(settings))
        .map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// `Set-Cookie` for a new session, or with `max_age_s` 0 for the end of one.
#[must_use]
pub fn set(value: &str, max_age_s: u64, settings: &ApiSettings) -> Option<HeaderValue> {
    let secure = if settings.secure_cookies { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}", name(settings))).ok()
}
