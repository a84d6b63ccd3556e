//! People who prove elsewhere who they are.

use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;
use thiserror::Error;

use crate::core::id::PersonId;

/// A place where people are known: OAuth 2.0 with PKCE (RFC 6749, RFC 7636).
#[async_trait]
pub trait SignIn: Debug + Send + Sync {
    /// Where the browser goes. `back` is where it is led afterwards, `challenge` that of the verifier (S256).
    fn page(&self, back: &str, state: &str, challenge: &str) -> String;

    /// Who came back with this code.
    ///
    /// # Errors
    /// When the code counts for nobody, or the other side does not answer.
    async fn person(&self, back: &str, code: &str, verifier: &str) -> Result<Proven, SignInError>;
}

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// `github:<number>`; the same however the account is renamed.
    pub id: PersonId,
    /// What people call it there today. No decision rests on it.
    pub login: String,
    /// The name of the highest role that its teams give; none: it may not in.
    pub role: Option<String>,
    /// Teams, for gates: `acme/oncall`.
    pub groups: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignInError {
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Unreachable(String),
}
