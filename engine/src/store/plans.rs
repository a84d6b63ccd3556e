//! Plans: written once, shared by equal digests, held in memory while somebody uses them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use pipelines::plan::Plan;
use sha2::{Digest as _, Sha256};

use super::db::Tx;
use super::value::{json, values};
use super::{Error, db::Insert};

pub(super) const STATEMENTS: &[&str] = &[SELECT];

pub(super) const PLANS: Insert =
    Insert { into: "INSERT INTO plans (digest, body)", columns: 2, before_first: "", conflict: "ON CONFLICT (digest) DO NOTHING" };

const SELECT: &str = "SELECT digest, body FROM plans WHERE digest = $1";

/// The digest under which a plan is kept, and its text.
pub(super) fn written(plan: &Plan) -> Result<(String, String), Error> {
    let text = json(plan)?;
    Ok((hex::encode(Sha256::digest(text.as_bytes())), text))
}

/// Plans that are in use somewhere in this process.
#[derive(Debug, Default)]
pub(super) struct Cache {
    plans: Mutex<BTreeMap<String, Weak<Plan>>>,
}

impl Cache {
    pub(super) fn get(&self, digest: &str) -> Option<Arc<Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).get(digest).and_then(Weak::upgrade)
    }

    pub(super) fn keep(&self, digest: &str, plan: &Arc<Plan>) {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|_, plan| plan.strong_count() > 0);
        plans.insert(digest.to_owned(), Arc::downgrade(plan));
    }
}

/// The plan of a release; one that is missing or does not decode is a malformed release (R11).
pub(super) async fn load(tx: &mut Tx<'_>, cache: &Cache, release: u64, digest: Option<&str>) -> Result<Arc<Plan>, Error> {
    let missing = || Error::malformed("releases", release.to_string(), "it has no plan");
    let digest = digest.ok_or_else(missing)?;
    if let Some(plan) = cache.get(digest) {
        return Ok(plan);
    }
    let record = tx.optional(SELECT, values![digest]).await?.ok_or_else(missing)?;
    let plan = Arc::new(record.body::<Plan>("plans", "digest")?);
    cache.keep(digest, &plan);
    Ok(plan)
}
