//! Everything of a pipeline that a decision may need, on one snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipelines::plan::Plan;
use serde::de::DeserializeOwned;

use crate::core::Loaded;
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::row::{LaneRow, ReleaseRow, ReleaseState};

use super::db::Tx;
use super::save::Version;
use super::value::{Value, values};
use super::{Error, Store, additions, plans};

pub(super) const STATEMENTS: &[&str] =
    &[PIPELINE, LANES, TARGETS, WATCHES, HOLDS, ROLLOUTS, RELEASES, RELEASE, WAVES, NODES, ATTEMPTS, GATES, ASIDE_ATTEMPTS, ASIDE_NODES];

const PIPELINE: &str = "SELECT id, version, event_count, event_hash, body FROM pipelines WHERE id = $1 AND removed_at IS NULL";
const LANES: &str = "SELECT key, body FROM lanes WHERE pipeline_id = $1 ORDER BY key";
const TARGETS: &str = "SELECT name, body FROM targets WHERE pipeline_id = $1 ORDER BY name";
const WATCHES: &str = "SELECT id, body FROM watches WHERE pipeline_id = $1 ORDER BY id";
const HOLDS: &str = "SELECT id, body FROM holds WHERE pipeline_id = $1 AND lifted_at IS NULL ORDER BY id";

/// The newest five of each target, and whatever is under way.
const ROLLOUTS: &str = "SELECT target, number, body FROM \
    (SELECT target, number, state, body, ROW_NUMBER() OVER (PARTITION BY target ORDER BY number DESC) AS age \
    FROM rollouts WHERE pipeline_id = $1) AS aged \
    WHERE age <= 5 OR state IN ('running', 'baking', 'unknown') ORDER BY target, number";

/// Those on their way, the newest 50 that failed, and the newest 50 of all.
const RELEASES: &str = "SELECT number, state, plan_digest, body FROM releases WHERE pipeline_id = $1 AND (state = 'moving' \
    OR number IN (SELECT number FROM releases WHERE pipeline_id = $1 AND state IN ('failed', 'cancelled') ORDER BY number DESC LIMIT 50) \
    OR number IN (SELECT number FROM releases WHERE pipeline_id = $1 ORDER BY number DESC LIMIT 50) \
    OR number IN (SELECT release FROM attempts WHERE pipeline_id = $1 AND state <> 'ended')) ORDER BY number";

const RELEASE: &str = "SELECT number, state, plan_digest, body FROM releases WHERE pipeline_id = $1 AND number = $2";

const WAVES: &str = "SELECT release, body FROM waves WHERE pipeline_id = $1 AND release = $2 ORDER BY stage, wave";
const NODES: &str = "SELECT node, body FROM nodes WHERE pipeline_id = $1 AND release = $2 ORDER BY node";
const ATTEMPTS: &str = "SELECT id, body FROM attempts WHERE pipeline_id = $1 AND release = $2 ORDER BY node, number";
const GATES: &str = "SELECT node, body FROM gates WHERE pipeline_id = $1 AND release = $2 ORDER BY node";

/// Rollbacks to a release that has ended long ago, and inspections: their attempts and nodes go on counting.
const ASIDE_ATTEMPTS: &str =
    "SELECT id, body FROM attempts WHERE pipeline_id = $1 AND release = $2 AND kind <> 'forward' ORDER BY node, number";
const ASIDE_NODES: &str = "SELECT node, body FROM nodes WHERE pipeline_id = $1 AND release = $2 AND node IN \
    (SELECT node FROM attempts WHERE pipeline_id = $1 AND release = $2 AND kind <> 'forward') ORDER BY node";

impl Store {
    /// Loads a pipeline with the version that a decision on it has to name.
    ///
    /// A row that does not decode answers [`Error::Malformed`]; the caller parks the pipeline (R11).
    pub async fn load(&self, pipeline: &PipelineId) -> Result<(Loaded, Version), Error> {
        self.db().read((self.clone(), pipeline.clone()), |tx, (store, pipeline)| Box::pin(load(tx, store, pipeline))).await
    }
}

async fn load(tx: &mut Tx<'_>, store: &Store, pipeline: &PipelineId) -> Result<(Loaded, Version), Error> {
    let record = tx.optional(PIPELINE, values![pipeline]).await?;
    let record = record.ok_or_else(|| Error::NotFound { what: "pipeline", key: pipeline.to_string() })?;
    let version = Version::read(&record)?;
    let mut loaded = Loaded {
        pipeline: record.body("pipelines", "id")?,
        releases: Vec::new(),
        additions: Vec::new(),
        waves: Vec::new(),
        nodes: Vec::new(),
        attempts: Vec::new(),
        gates: Vec::new(),
        lanes: bodies(tx, LANES, values![pipeline], "lanes", "key").await?,
        targets: bodies(tx, TARGETS, values![pipeline], "targets", "name").await?,
        rollouts: bodies(tx, ROLLOUTS, values![pipeline], "rollouts", "target").await?,
        watches: bodies(tx, WATCHES, values![pipeline], "watches", "id").await?,
        holds: bodies(tx, HOLDS, values![pipeline], "holds", "id").await?,
    };
    let lane_named = named_by_lanes(&loaded.lanes);
    let mut releases = load_releases(tx, store, RELEASES, values![pipeline]).await?;
    for number in lane_named.iter().chain(&named_by_targets(&loaded)) {
        if !releases.contains_key(number) {
            releases.extend(load_releases(tx, store, RELEASE, values![pipeline, *number]).await?);
        }
    }
    for (number, (row, _)) in &releases {
        let key = values![pipeline, *number];
        loaded.additions.extend(additions::of_release(tx, pipeline, *number).await?);
        let is_open = matches!(row.state, ReleaseState::Moving | ReleaseState::Failed);
        if is_open || lane_named.contains(number) {
            loaded.waves.extend(bodies(tx, WAVES, key.clone(), "waves", "release").await?);
            loaded.nodes.extend(bodies(tx, NODES, key.clone(), "nodes", "node").await?);
            loaded.gates.extend(bodies(tx, GATES, key.clone(), "gates", "node").await?);
            loaded.attempts.extend(bodies(tx, ATTEMPTS, key, "attempts", "id").await?);
        } else {
            loaded.nodes.extend(bodies(tx, ASIDE_NODES, key.clone(), "nodes", "node").await?);
            loaded.attempts.extend(bodies(tx, ASIDE_ATTEMPTS, key, "attempts", "id").await?);
        }
    }
    loaded.releases = releases.into_values().collect();
    Ok((loaded, version))
}

fn named_by_lanes(lanes: &[LaneRow]) -> BTreeSet<ReleaseNumber> {
    let inside = lanes.iter().flat_map(|lane| lane.inside.iter().copied());
    let newest = lanes.iter().filter_map(|lane| lane.newest_entered.map(|(_, release)| release));
    let rollbacks = lanes.iter().filter_map(|lane| lane.rollback.as_ref()).flat_map(|rollback| [Some(rollback.of), rollback.to]);
    inside.chain(newest).chain(rollbacks.flatten()).collect()
}

/// What runs somewhere, and what it could go back to (X2).
fn named_by_targets(loaded: &Loaded) -> BTreeSet<ReleaseNumber> {
    let targets = loaded.targets.iter().flat_map(|target| {
        let good = target.good.iter().map(|good| good.release);
        target.live.into_iter().chain(target.partly).chain(good)
    });
    targets.chain(loaded.rollouts.iter().map(|rollout| rollout.release)).collect()
}

type Releases = BTreeMap<ReleaseNumber, (ReleaseRow, Arc<Plan>)>;

async fn load_releases(tx: &mut Tx<'_>, store: &Store, sql: &'static str, values: Vec<Value>) -> Result<Releases, Error> {
    let mut releases = Releases::new();
    for record in tx.all(sql, values).await? {
        let row: ReleaseRow = record.body("releases", "number")?;
        let digest = record.optional_text("plan_digest")?;
        let plan = plans::load(tx, &store.inner.plans, row.number.0, digest.as_deref()).await?;
        releases.insert(row.number, (row, plan));
    }
    Ok(releases)
}

/// The rows of a statement, decoded.
pub(super) async fn bodies<T: DeserializeOwned>(
    tx: &mut Tx<'_>,
    sql: &'static str,
    values: Vec<Value>,
    table: &str,
    key_column: &str,
) -> Result<Vec<T>, Error> {
    tx.all(sql, values).await?.iter().map(|record| record.body(table, key_column)).collect()
}
