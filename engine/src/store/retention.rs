//! Forgetting what nobody needs any more, in small steps.

use std::collections::BTreeSet;

use protocol::ArtifactDigest;

use crate::core::Time;
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::row::{LaneRow, TargetRow};

use super::db::Tx;
use super::value::values;
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[
    OLD_RELEASES,
    LANES,
    TARGETS,
    ALIVE,
    DROP_RELEASE,
    DROP_PLANS,
    OLD_EVENTS,
    PRUNE_MARK,
    DROP_EVENTS,
    UNUSED_ARTIFACTS,
    CLOSE_ARTIFACT,
    DROP_ARTIFACT,
    DROP_MARKS,
    DROP_OUTBOX,
    DROP_INBOX,
    DROP_KEYS,
    DROP_SESSIONS,
    DROP_JOIN_TOKENS,
    DROP_SIGNING_KEYS,
];

const OLD_RELEASES: &str = "SELECT number FROM releases WHERE pipeline_id = $1 AND created_at < $2 AND state <> 'moving' \
    AND number NOT IN (SELECT number FROM releases WHERE pipeline_id = $1 ORDER BY number DESC LIMIT $4) ORDER BY number LIMIT $3";
const LANES: &str = "SELECT key, body FROM lanes WHERE pipeline_id = $1";
const TARGETS: &str = "SELECT name, body FROM targets WHERE pipeline_id = $1";
const ALIVE: &str = "SELECT DISTINCT release FROM attempts WHERE pipeline_id = $1 AND state <> 'ended'";
const DROP_RELEASE: &str = "DELETE FROM releases WHERE pipeline_id = $1 AND number = $2 AND state <> 'moving'";
const DROP_PLANS: &str = "DELETE FROM plans WHERE NOT EXISTS (SELECT 1 FROM releases WHERE releases.plan_digest = plans.digest)";

/// The last event that may go: older than the time, and not beyond the limit of one step.
const OLD_EVENTS: &str = "SELECT number, hash FROM events WHERE pipeline_id = $1 AND number <= \
    (SELECT pruned_count FROM pipelines WHERE id = $1) + $3 AND at < $2 ORDER BY number DESC LIMIT 1";
const PRUNE_MARK: &str = "UPDATE pipelines SET pruned_count = $2, pruned_hash = $3 WHERE id = $1 AND pruned_count < $2";
const DROP_EVENTS: &str = "DELETE FROM events WHERE pipeline_id = $1 AND number <= $2";

const UNUSED_ARTIFACTS: &str = "SELECT digest FROM artifacts WHERE created_at < $1 \
    AND NOT EXISTS (SELECT 1 FROM artifact_uses WHERE artifact_uses.digest = artifacts.digest) ORDER BY created_at LIMIT $2";
const CLOSE_ARTIFACT: &str = "UPDATE artifacts SET removing_at = $3 WHERE digest = $1 AND created_at < $2 \
    AND NOT EXISTS (SELECT 1 FROM artifact_uses WHERE artifact_uses.digest = artifacts.digest)";
const DROP_ARTIFACT: &str = "DELETE FROM artifacts WHERE digest = $1 AND removing_at IS NOT NULL";

/// What is shown anew after that is found at the forge again.
const DROP_MARKS: &str = "DELETE FROM forge_marks WHERE shown_at < $1";
const DROP_OUTBOX: &str = "DELETE FROM outbox WHERE done_at < $1";
const DROP_INBOX: &str = "DELETE FROM inbox WHERE done_at < $1";
const DROP_KEYS: &str = "DELETE FROM idempotency_keys WHERE expires_at < $1";
const DROP_SESSIONS: &str = "DELETE FROM sessions WHERE expires_at < $1";
const DROP_JOIN_TOKENS: &str = "DELETE FROM join_tokens WHERE expires_at < $1";
const DROP_SIGNING_KEYS: &str = "DELETE FROM signing_keys WHERE expires_at < $1";

impl Store {
    /// Forgets logs that began before a time and that nothing is added to any more, at most `limit` of them. Their
    /// blobs are dead from `now` on, see [`Store::dead_blobs`].
    pub async fn forget_logs(&self, before: Time, limit: u32, now: Time) -> Result<u64, Error> {
        self.db().write((before, limit, now), |tx, (before, limit, now)| Box::pin(super::logs::forget(tx, *before, *limit, *now))).await
    }

    /// Forgets releases that were made before a time, at most `limit` of them: neither one that moves, nor
    /// the newest `at_least`, nor one that a target or lane names or that an attempt works on.
    pub async fn forget_releases(&self, pipeline: &PipelineId, before: Time, at_least: u32, limit: u32) -> Result<u64, Error> {
        self.db()
            .write((pipeline.clone(), before, at_least, limit), |tx, (pipeline, before, at_least, limit)| {
                Box::pin(async move {
                    let kept = named(tx, pipeline).await?;
                    let mut removed = 0;
                    // Those that are kept must not use up the step.
                    let candidates = u64::from(*limit).saturating_add(kept.len() as u64);
                    let old = tx.all(OLD_RELEASES, values![pipeline, *before, candidates, *at_least]).await?;
                    let old = old.iter().map(|record| record.release("number")).collect::<Result<Vec<_>, _>>()?;
                    for number in old.into_iter().filter(|number| !kept.contains(number)).take(*limit as usize) {
                        removed += tx.execute(DROP_RELEASE, values![pipeline, number]).await?;
                    }
                    if removed > 0 {
                        tx.execute(DROP_PLANS, Vec::new()).await?;
                    }
                    Ok(removed)
                })
            })
            .await
    }

    /// Forgets events from the chain's beginning on that happened before a time, at most `limit` of them.
    /// The chain stays verifiable: the pipeline keeps the hash of the last one that went.
    pub async fn forget_events(&self, pipeline: &PipelineId, before: Time, limit: u32) -> Result<u64, Error> {
        self.db()
            .write((pipeline.clone(), before, limit), |tx, (pipeline, before, limit)| {
                Box::pin(async move {
                    let Some(last) = tx.optional(OLD_EVENTS, values![pipeline, *before, *limit]).await? else { return Ok(0) };
                    let number = last.count("number")?;
                    tx.execute(PRUNE_MARK, values![pipeline, number, last.text("hash")?]).await?;
                    tx.execute(DROP_EVENTS, values![pipeline, number]).await
                })
            })
            .await
    }

    /// Artifacts that no release uses and that nobody has stored since: candidates to go.
    pub async fn unused_artifacts(&self, before: Time, limit: u32) -> Result<Vec<ArtifactDigest>, Error> {
        let digest = |text: String| ArtifactDigest::try_from(text.clone()).map_err(|error| Error::malformed("artifacts", text, error));
        self.db().all(UNUSED_ARTIFACTS, values![before, limit]).await?.iter().map(|record| digest(record.text("digest")?)).collect()
    }

    /// Closes it if still nobody uses it; true: the caller removes its bytes and then calls [`Store::artifact_removed`].
    /// Until then nobody can store the same bytes, so that what is stored anew is never what is removed.
    pub async fn close_artifact(&self, digest: &ArtifactDigest, before: Time, now: Time) -> Result<bool, Error> {
        Ok(self.db().execute(CLOSE_ARTIFACT, values![digest, before, now]).await? > 0)
    }

    /// The bytes of a closed artifact are gone.
    pub async fn artifact_removed(&self, digest: &ArtifactDigest) -> Result<(), Error> {
        self.db().execute(DROP_ARTIFACT, values![digest]).await.map(drop)
    }

    /// Forgets what was carried out before a time, and what is over.
    pub async fn forget_done(&self, before: Time, now: Time) -> Result<u64, Error> {
        let mut removed = 0;
        for (sql, until) in [
            (DROP_OUTBOX, before),
            (DROP_MARKS, before),
            (DROP_INBOX, before),
            (DROP_JOIN_TOKENS, before),
            (DROP_KEYS, now),
            (DROP_SESSIONS, now),
            (DROP_SIGNING_KEYS, now),
        ] {
            removed += self.db().execute(sql, values![until]).await?;
        }
        Ok(removed)
    }
}

/// Releases that something still points to.
async fn named(tx: &mut Tx<'_>, pipeline: &PipelineId) -> Result<BTreeSet<ReleaseNumber>, Error> {
    let mut named = BTreeSet::new();
    for record in tx.all(LANES, values![pipeline]).await? {
        let lane: LaneRow = record.body("lanes", "key")?;
        named.extend(lane.inside);
        named.extend(lane.newest_entered.map(|(_, release)| release));
        named.extend(lane.rollback.iter().flat_map(|rollback| [Some(rollback.of), rollback.to]).flatten());
    }
    for record in tx.all(TARGETS, values![pipeline]).await? {
        let target: TargetRow = record.body("targets", "name")?;
        named.extend(target.good.iter().map(|good| good.release));
        named.extend(target.live.into_iter().chain(target.partly));
    }
    for record in tx.all(ALIVE, values![pipeline]).await? {
        named.insert(record.release("release")?);
    }
    Ok(named)
}
