//! The public halves of the keys that sign identity tokens. The private ones are nowhere but in the process that made them.

use serde_json::Value;

use crate::core::Time;

use super::value::{json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[PUT, VALID];

const PUT: &str = "INSERT INTO signing_keys (id, created_at, expires_at, body) VALUES ($1, $2, $3, $4)";

const VALID: &str = "SELECT id, body FROM signing_keys WHERE expires_at > $1 ORDER BY created_at DESC, id LIMIT 100";

impl Store {
    /// Publishes a key until nothing that it has signed can be valid any more.
    pub async fn put_signing_key(&self, id: &str, public: &Value, now: Time, expires_at: Time) -> Result<(), Error> {
        self.db().execute(PUT, values![id, now, expires_at, json(public)?]).await.map(drop)
    }

    /// The newest first.
    pub async fn signing_keys(&self, now: Time) -> Result<Vec<Value>, Error> {
        let records = self.db().all(VALID, values![now]).await?;
        records.iter().map(|record| record.body("signing_keys", "id")).collect()
    }
}
