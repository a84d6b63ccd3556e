//! Same key, one effect; the same key with another body is refused (ID2).

use crate::core::Time;

use super::save::Answer;
use super::script::Script;
use super::value::{Value, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[BEGIN, READ, FINISH, FORGET];

/// A key whose time is over may be used anew.
const BEGIN: &str = "INSERT INTO idempotency_keys (key, request_digest, created_at, expires_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (key) DO UPDATE SET request_digest = excluded.request_digest, created_at = excluded.created_at, \
    expires_at = excluded.expires_at, status = NULL, answer = NULL WHERE idempotency_keys.expires_at <= $3";

const READ: &str = "SELECT request_digest, status, answer FROM idempotency_keys WHERE key = $1";

const FINISH: &str = "UPDATE idempotency_keys SET status = $2, answer = $3 WHERE key = $1 AND status IS NULL";

const FORGET: &str = "DELETE FROM idempotency_keys WHERE key = $1 AND status IS NULL";

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nobody has used it: carry the request out.
    New,
    /// The same request was begun and has no answer yet: it is under way, or its server died. The
    /// effect itself is keyed too, so that carrying it out again is safe.
    Unfinished,
    Answered(StoredAnswer),
    /// The key was used with another request: 409.
    OtherRequest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: u16,
    pub body: String,
}

pub(super) fn finish(script: &mut Script, answer: &Answer) {
    script.add(FINISH, finished(answer));
}

fn finished(answer: &Answer) -> Vec<Value> {
    values![&answer.key, u32::from(answer.status), &answer.body]
}

impl Store {
    /// Claims `key` for the request whose digest is given. The key holds the caller's scope, so that no two share one.
    pub async fn begin_request(&self, key: &str, request_digest: &str, now: Time, expires_at: Time) -> Result<Begun, Error> {
        let request = (key.to_owned(), request_digest.to_owned(), now, expires_at);
        self.db()
            .write(request, |tx, (key, digest, now, expires_at)| {
                Box::pin(async move {
                    if tx.execute(BEGIN, values![key, digest, *now, *expires_at]).await? > 0 {
                        return Ok(Begun::New);
                    }
                    let record = tx.one(READ, values![key]).await?;
                    if record.text("request_digest")? != *digest {
                        return Ok(Begun::OtherRequest);
                    }
                    let Some(status) = record.optional_integer("status")? else { return Ok(Begun::Unfinished) };
                    let status = u16::try_from(status).map_err(|error| Error::malformed("idempotency_keys", key, error))?;
                    Ok(Begun::Answered(StoredAnswer { status, body: record.optional_text("answer")?.unwrap_or_default() }))
                })
            })
            .await
    }

    /// Keeps the answer of a request that saved no pipeline.
    pub async fn finish_request(&self, answer: Answer) -> Result<(), Error> {
        self.db().execute(FINISH, finished(&answer)).await.map(drop)
    }

    /// The request was refused and had no effect: its key is free again.
    pub async fn forget_request(&self, key: &str) -> Result<(), Error> {
        self.db().execute(FORGET, values![key]).await.map(drop)
    }
}
