//! What a cloud or a Vault reads to believe this server's identity tokens.

use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;

pub(super) mod discover;
pub(super) mod keys;

/// A new key is published before its first token; whoever keeps the old ones this long asks again for a key that it does not know.
const FOR_FIVE_MINUTES: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=300")];
