use thiserror::Error as ThisError;

use super::{EventFilter, link};
use crate::core::Event;
use crate::core::id::PipelineId;
use crate::store::value::{Record, values, word};
use crate::store::{Error, Store};

pub(super) const HEAD: &str = "SELECT event_count, event_hash, pruned_count, pruned_hash FROM pipelines WHERE id = $1";

pub(super) const PAGE: &str = "SELECT number, at, kind, actor, release, target, previous_hash, hash, body FROM events \
    WHERE pipeline_id = $1 AND number > $2 ORDER BY number LIMIT 500";

/// The first event of a pipeline that is not what was once written.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("event {number} of pipeline {pipeline}: {broken}")]
pub struct FirstBad {
    pub pipeline: PipelineId,
    pub number: u64,
    pub broken: Broken,
}

#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum Broken {
    #[error("it is missing")]
    Missing,
    #[error("its content or its place does not match its hash")]
    Hash,
    #[error("its column {0} says something else than its content")]
    Column(&'static str),
    #[error("it does not decode: {0}")]
    Malformed(String),
    #[error("the pipeline knows fewer events than there are, or another last hash")]
    Head,
}

/// Where a walk along the chain stands.
struct Link {
    number: u64,
    hash: String,
}

impl Store {
    /// Walks along the whole chain of a pipeline (ID7). The inner error names the first event that is bad.
    pub async fn verify_chain(&self, pipeline: &PipelineId) -> Result<Result<u64, FirstBad>, Error> {
        self.db()
            .read(pipeline.clone(), |tx, pipeline| {
                Box::pin(async move {
                    let bad = |number, broken| FirstBad { pipeline: pipeline.clone(), number, broken };
                    let head = tx.optional(HEAD, values![pipeline]).await?;
                    let head = head.ok_or_else(|| Error::NotFound { what: "pipeline", key: pipeline.to_string() })?;
                    let (count, hash) = (head.count("event_count")?, head.text("event_hash")?);
                    let mut at = Link { number: head.count("pruned_count")?, hash: head.text("pruned_hash")? };
                    loop {
                        let page = tx.all(PAGE, values![pipeline, at.number]).await?;
                        if page.is_empty() {
                            break;
                        }
                        for record in &page {
                            let number = at.number.saturating_add(1);
                            match follow(pipeline, &at, record) {
                                Ok(next) => at = next,
                                Err(broken) => return Ok(Err(bad(number, broken))),
                            }
                        }
                    }
                    Ok(match at.number {
                        number if number < count => Err(bad(number.saturating_add(1), Broken::Missing)),
                        number if number > count || at.hash != hash => Err(bad(number, Broken::Head)),
                        number => Ok(number),
                    })
                })
            })
            .await
    }
}

fn follow(pipeline: &PipelineId, at: &Link, record: &Record) -> Result<Link, Broken> {
    let malformed = |error: Error| Broken::Malformed(error.to_string());
    let number = record.count("number").map_err(malformed)?;
    if number != at.number.saturating_add(1) {
        return Err(Broken::Missing);
    }
    let body = record.text("body").map_err(malformed)?;
    let hash = link(&at.hash, pipeline, number, &body);
    if record.text("hash").map_err(malformed)? != hash || record.text("previous_hash").map_err(malformed)? != at.hash {
        return Err(Broken::Hash);
    }
    let event: Event = serde_json::from_str(&body).map_err(|error| Broken::Malformed(error.to_string()))?;
    columns_agree(&event, record).map_err(malformed)?.map_or(Ok(Link { number, hash }), |column| Err(Broken::Column(column)))
}

/// Columns are copies for searching; the hash covers the content alone.
fn columns_agree(event: &Event, record: &Record) -> Result<Option<&'static str>, Error> {
    let agree = [
        ("at", record.time("at")? == event.at),
        ("kind", record.text("kind")? == word(&event.kind)?),
        ("actor", record.text("actor")? == EventFilter::actor_key(&event.actor)),
        ("release", record.optional_integer("release")?.map(i64::unsigned_abs) == event.release.map(|release| release.0)),
        ("target", record.optional_text("target")?.as_deref() == event.target.as_ref().map(|target| target.as_str())),
    ];
    Ok(agree.into_iter().find_map(|(column, agrees)| (!agrees).then_some(column)))
}
