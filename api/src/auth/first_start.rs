use engine::Engine;
use engine::core::Actor;
use engine::store::{self, AuditNote, TokenRow};

use super::accounts::scope;
use super::permission::Role;
use super::secret::{self, Kind};

/// How long the link of the first start lasts.
const VALID_MS: u64 = 24 * 3_600 * 1_000;

/// A one-time link with which the first admin chooses a name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// To be opened in a browser; the token is in the fragment, which browsers do not send.
    pub url: String,
    /// For `POST /api/v1/first-start`.
    pub token: String,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link(…)")
    }
}

/// Makes a link when nobody can sign in yet. Links of earlier starts stop working.
///
/// # Errors
/// The store's.
pub async fn first_start(engine: &Engine, public_url: &url::Url) -> Result<Option<Link>, store::Error> {
    let store = engine.store();
    if store.count_users().await? > 0 {
        return Ok(None);
    }
    let now = engine.clock().now();
    for old in store.tokens().await?.iter().filter(|row| row.scope == scope::FIRST_START && row.revoked_at.is_none()) {
        store.revoke_token(&old.id, now, None).await?;
    }
    let minted = secret::mint(Kind::FirstStart, engine.ids());
    let row = TokenRow {
        id: minted.id.clone(),
        name: "first start".to_owned(),
        role: Role::Admin.name().to_owned(),
        scope: scope::FIRST_START.to_owned(),
        created_by: "engine".to_owned(),
        created_at: now,
        expires_at: Some(now + VALID_MS),
        revoked_at: None,
        last_used_at: None,
    };
    let note = AuditNote::new(Actor::Engine, "first_start.link", &minted.id, serde_json::json!({}), now);
    store.add_token(&row, &minted.hash, note).await?;
    let base = public_url.as_str().trim_end_matches('/');
    Ok(Some(Link { url: format!("{base}/first-start#{}", minted.text), token: minted.text }))
}
